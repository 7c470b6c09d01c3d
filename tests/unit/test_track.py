"""Reads of successive frames are put together by vehicle."""

import pytest
from seen_plates import frame, plate_read, shown

from vision.track import APART, KEPT, PATIENCE, Track, Tracker

HERE, NEAR, FAR = (100, 100, 200, 130), (110, 104, 210, 134), (10, 20, 60, 35)
CORNER = (10, 200, 90, 224)
LONG = 5 * PATIENCE


def test_a_plate_that_moves_a_little_is_one_vehicle() -> None:
    """Overlapping boxes with like texts belong to one track."""
    tracker = Tracker()
    assert tracker.update(frame(0), [plate_read("苏E05EV8", box=HERE)]) == []
    tracker.update(frame(1), [plate_read("苏E05EVB", box=NEAR)])
    (track,) = tracker.finish()
    assert track.frames_read == 2


def test_a_plate_that_jumps_is_known_by_its_text() -> None:
    """At a low frame rate boxes do not overlap; the text still tells the vehicle."""
    tracker = Tracker()
    tracker.update(shown(0, [HERE]), [plate_read("苏E05EV8", box=HERE)])
    tracker.update(shown(1, [FAR]), [plate_read("苏E05EV8", box=FAR)])
    assert [track.frames_read for track in tracker.finish()] == [2]


def test_another_vehicle_at_the_same_place_is_another_track() -> None:
    """Two sure texts that have little in common are two vehicles, though the second stands where the first did."""
    tracker = Tracker()
    tracker.update(frame(0), [plate_read("苏E05EV8", box=HERE)])
    tracker.update(frame(1), [plate_read("浙A93KQ1", box=HERE)])
    assert [track.last.guess for track in tracker.finish()] == ["苏E05EV8", "浙A93KQ1"]


def test_two_vehicles_in_one_frame_stay_apart() -> None:
    """Two plates of one frame never join one track."""
    tracker = Tracker()
    for index in range(3):
        tracker.update(frame(index), [plate_read("苏E05EV8", box=HERE), plate_read("苏E05EV9", box=FAR)])
    assert [track.frames_read for track in tracker.finish()] == [3, 3]


def test_an_unread_plate_at_the_same_place_continues_the_track() -> None:
    """A frame in which the plate was seen but not read does not end the vehicle's track."""
    tracker = Tracker()
    tracker.update(frame(0), [plate_read("苏E05EV8", box=HERE)])
    tracker.update(frame(1), [plate_read("", 0.0, box=NEAR, given=False)])
    assert [track.frames_read for track in tracker.finish()] == [2]


def test_a_vehicle_has_gone_after_its_patience() -> None:
    """A track is given out once, after so many frames without its plate, and forgotten."""
    tracker = Tracker()
    tracker.update(shown(0, [HERE]), [plate_read("苏E05EV8", box=HERE)])
    gone = [tracker.update(shown(index), []) for index in range(1, PATIENCE + 3)]
    assert [len(tracks) for tracks in gone] == [0] * PATIENCE + [1, 0]
    assert tracker.finish() == []


def test_a_parked_vehicle_does_not_fill_the_memory() -> None:
    """Only the best reads are held, however long the vehicle stands; all of them are counted."""
    tracker = Tracker()
    for index in range(5 * KEPT):
        tracker.update(frame(index), [plate_read("苏E05EV8", confidence=0.5 + index / 1000)])
    (track,) = tracker.finish()
    assert track.frames_read == 5 * KEPT
    assert len(track.evidence) == KEPT
    assert min(e.read.confidence for e in track.evidence) >= 0.5 + (4 * KEPT) / 1000


def _texts(tracks: list[Track]) -> list[str]:
    return [track.last.guess for track in tracks]


def test_a_plate_that_is_not_found_for_a_while_has_not_gone() -> None:
    """While its place looks as it did the vehicle stands there, however seldom the detector finds the plate."""
    tracker = Tracker()
    tracker.update(shown(0, [HERE]), [plate_read("苏E05EV8", box=HERE)])
    assert not any(tracker.update(shown(index, [HERE]), []) for index in range(1, LONG))
    tracker.update(shown(LONG, [HERE]), [plate_read("苏E05EV8", box=HERE)])
    assert [track.frames_read for track in tracker.finish()] == [2]


def test_a_vehicle_that_left_is_given_out_though_nothing_moves_any_more() -> None:
    """Frames that are not read, since all is quiet, count as well: the last vehicle of the day is reported that day."""
    tracker = Tracker()
    tracker.update(shown(0, [HERE]), [plate_read("苏E05EV8", box=HERE)])
    tracker.update(shown(1), [])
    gone = [track for index in range(2, LONG) for track in tracker.rest(shown(index))]
    assert _texts(gone) == ["苏E05EV8"]


def test_a_standing_vehicle_does_not_age_while_nothing_moves() -> None:
    """A vehicle found in the last frame that was read is there until something moves."""
    tracker = Tracker()
    tracker.update(shown(0, [HERE]), [plate_read("苏E05EV8", box=HERE)])
    assert not any(tracker.rest(shown(index, [HERE])) for index in range(1, LONG))


def test_two_unsure_texts_at_one_place_are_one_vehicle() -> None:
    """Blurred reads of one plate have little in common; only texts that are likely both right tell vehicles apart."""
    tracker = Tracker()
    tracker.update(frame(0), [plate_read("8704D", 0.4, box=HERE)])
    tracker.update(frame(1), [plate_read("豫H784BP", 0.4, box=NEAR)])
    assert [track.frames_read for track in tracker.finish()] == [2]


def test_a_box_that_is_far_too_large_for_once_is_of_the_same_vehicle() -> None:
    """Two plates cannot be in one spot: a box round the other's middle continues the track, however large it is."""
    tracker = Tracker()
    for index, box in enumerate([HERE, (60, 70, 260, 160), HERE]):
        tracker.update(frame(index), [plate_read("A2PD7Z", 0.2, box=box)])
    assert [track.frames_read for track in tracker.finish()] == [3]


def test_two_boxes_round_one_plate_are_one_read() -> None:
    """Where the detector gives a plate twice in a frame, the surer read is taken and no second vehicle begins."""
    tracker = Tracker()
    tracker.update(frame(0), [plate_read("苏E05EV8", 0.4, box=NEAR), plate_read("苏E05EV8", 0.9, box=HERE)])
    (track,) = tracker.finish()
    assert track.last.detection.box.x1 == HERE[0]


def test_what_is_left_of_a_plate_that_drives_out_of_the_picture_is_of_its_vehicle() -> None:
    """A plate that moves is looked for where it is going: the unreadable rest of it at the edge is no new vehicle."""
    tracker = Tracker()
    for index in range(4):
        box = (100, 20 + 50 * index, 180, 44 + 50 * index)
        tracker.update(shown(index, [box]), [plate_read("苏E05EV8", 0.9, box=box)])
    rest = (100, 222, 180, 239)
    tracker.update(shown(4), [plate_read("L1", 0.02, box=rest, given=False)])
    assert [track.frames_read for track in tracker.finish()] == [5]


def test_the_next_vehicle_of_a_fleet_is_another_track() -> None:
    """Where one plate leaves large and near, a like one that comes up small and far is that of the next vehicle."""
    tracker = Tracker()
    tracker.update(shown(0, [HERE]), [plate_read("苏E05EV8", box=HERE)])
    tracker.update(shown(1, [FAR]), [plate_read("苏E05EV9", box=FAR)])
    assert _texts(tracker.finish()) == ["苏E05EV8", "苏E05EV9"]


def test_a_cut_ends_every_track() -> None:
    """What was in the view before a cut is given out, and a plate after it is a new vehicle though it stands there."""
    tracker = Tracker()
    tracker.update(shown(0, [HERE]), [plate_read("苏E05EV8", box=HERE)])
    assert _texts(tracker.cut(shown(1, [NEAR], view=1))) == ["苏E05EV8"]
    tracker.update(shown(1, [NEAR], view=1), [plate_read("", 0.0, box=NEAR, given=False)])
    assert [track.frames_read for track in tracker.finish()] == [1]


def test_a_text_that_stands_through_a_cut_is_printed_on_the_picture() -> None:
    """No vehicle goes from one view into the next at the same pixels; that text is never given out again."""
    tracker = Tracker()
    for index in range(4):
        tracker.update(shown(index, printed=[CORNER]), [plate_read("34A12345", box=CORNER)])
    after = [shown(index, printed=[CORNER], view=1) for index in range(4, 8)]
    assert tracker.cut(after[0]) == []
    for each in after:
        tracker.update(each, [plate_read("34A12345", box=CORNER)])
    assert tracker.finish() == []


def test_a_text_before_a_changing_scene_is_printed_on_the_picture() -> None:
    """A vehicle's plate does not stay while everything round it becomes another scene."""
    tracker = Tracker()
    for index in range(4 + APART):
        seen = shown(index, printed=[CORNER], view=0 if index < 4 else 1)
        tracker.update(seen, [plate_read("34A12345", box=CORNER)])
    assert tracker.finish() == []


def test_a_text_that_goes_and_leaves_the_scene_is_printed_on_the_picture() -> None:
    """A vehicle's plate does not go without the vehicle."""
    tracker = Tracker()
    for index in range(10):
        tracker.update(shown(index, printed=[CORNER]), [plate_read("34A12345", box=CORNER)])
    assert not any(tracker.update(shown(index), []) for index in range(10, 10 + LONG))


def test_a_print_of_the_plate_at_the_gate_does_not_draw_its_track_away() -> None:
    """Recorders print what they read: while the vehicle stands there, the same text elsewhere is another track."""
    tracker = Tracker()
    tracker.update(shown(0, [HERE]), [plate_read("苏E05EV8", box=HERE)])
    tracker.update(shown(1, [HERE], [CORNER]), [plate_read("苏E05EV8", box=CORNER)])
    for index in range(2, 6):
        reads = [plate_read("苏E05EV8", box=HERE), plate_read("苏E05EV8", box=CORNER)]
        tracker.update(shown(index, [HERE], [CORNER]), reads)
    left = shown(6, printed=[CORNER])
    gone = tracker.update(left, [plate_read("苏E05EV8", box=CORNER)])
    gone += [track for index in range(7, 7 + LONG) for track in tracker.update(shown(index), [])]
    assert [track.frames_read for track in gone] == [5]


def test_a_parked_vehicle_whose_plate_is_covered_for_a_while_is_given_out() -> None:
    """A hand or a glare on the plate alone is over some time; a printed text that has gone does not come back."""
    tracker = Tracker()
    covered = shown(1, [HERE])
    covered.image[HERE[1] : HERE[3], HERE[0] : HERE[2]] = 60
    for seen in [shown(0, [HERE]), *[covered] * (2 * APART), *[shown(2, [HERE])] * 2]:
        read_here = seen is not covered
        tracker.update(seen, [plate_read("苏E05EV8", box=HERE)] if read_here else [])
    assert _texts(tracker.finish()) == ["苏E05EV8"]


@pytest.mark.parametrize("light", [1.0, 0.1], ids=["day", "night"])
def test_a_vehicle_that_is_gone_from_one_frame_to_the_next_is_given_out(light: float) -> None:
    """A slow camera sees a vehicle stand and then not; its front goes with its plate, or cannot be told in the dark."""
    tracker = Tracker()
    # a plate sends light back: at night it stands out of the dark
    for index in range(10):
        tracker.update(
            shown(index, [HERE], [HERE] if light < 1 else [], light=light), [plate_read("苏E05EV8", box=HERE)]
        )
    gone = [track for index in range(10, 10 + LONG) for track in tracker.update(shown(index, light=light), [])]
    assert _texts(gone) == ["苏E05EV8"]


def test_a_vehicle_that_has_moved_may_be_hidden_where_it_stands() -> None:
    """What rolled in is no printed text, though its plate is covered later and nothing round it changes."""
    tracker = Tracker()
    for step in range(5):
        box = (60 + 10 * step, 80 + 5 * step, 160 + 10 * step, 110 + 5 * step)
        tracker.update(shown(step, [box]), [plate_read("苏E05EV8", box=box)])
    covered = shown(5, [(100, 100, 200, 130)])
    covered.image[100:130, 100:200] = 60
    gone = [track for _ in range(LONG) for track in tracker.update(covered, [])]
    assert _texts(gone) == ["苏E05EV8"]
