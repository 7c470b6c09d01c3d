"""The lane's table of rules as a Mermaid diagram, so that the documentation cannot drift from the machine."""

from lot_server.domain.lane import RULES, LaneState, Rule


def diagram() -> str:
    """A Mermaid `stateDiagram-v2` with one arrow a rule: `event [condition] / actions`."""
    lines = ["stateDiagram-v2", f"    [*] --> {LaneState.IDLE}"]
    lines += [f"    {rule.source} --> {rule.target} : {_label(rule)}" for rule in RULES]
    return "\n".join(lines) + "\n"


def _label(rule: Rule) -> str:
    conditions = [
        f"{loop} loop {'occupied' if occupied else 'free'}"
        for loop, occupied in (("arming", rule.arming), ("closing", rule.closing))
        if occupied is not None
    ]
    if rule.blind is not None:
        conditions.append(f"closing loop {'not trusted' if rule.blind else 'trusted'}")
    if rule.direction is not None:
        conditions.append(f"{rule.direction} lane")
    label = _words(rule.event)
    if conditions:
        label += f" [{', '.join(conditions)}]"
    if rule.actions:
        label += f" / {', '.join(_words(action) for action in rule.actions)}"
    return label


def _words(name: str) -> str:
    return name.replace("_", " ")
