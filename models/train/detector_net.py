"""The detector's network and its loss: ultralytics' YOLO11-pose with changes to head and loss that suit plates."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import torch
from torch import nn

from vision.alternatives.torchvision_ops import ensure_torchvision

ensure_torchvision()

from ultralytics.nn.modules import Conv  # noqa: E402
from ultralytics.nn.tasks import PoseModel  # noqa: E402
from ultralytics.utils import YAML  # noqa: E402
from ultralytics.utils.loss import v8PoseLoss  # noqa: E402

ARCHITECTURE = Path(__file__).with_name("detector_yolo.yaml")

CORNER_CHANNELS = 32
"""Width of the head's corner branch; the stock head would take 12 from the narrow backbone."""

LOSS_GAINS = SimpleNamespace(box=7.5, cls=0.7, dfl=1.5, pose=10.0, kobj=0.0)
"""Weights of the loss's parts: box overlap, score, box edges, corners (no visibility is predicted)."""


class PlateLoss(v8PoseLoss):  # type: ignore[misc,unused-ignore]
    """YOLO's pose loss with corners measured in plate heights.

    The stock loss follows COCO's similarity, which saturates: a corner 10 % of the plate's height off costs almost
    nothing, and one far off has no gradient. A smooth absolute error has neither fault.
    """

    def calculate_keypoints_loss(
        self,
        masks: torch.Tensor,
        target_gt_idx: torch.Tensor,
        keypoints: torch.Tensor,
        stride_tensor: torch.Tensor,
        target_bboxes: torch.Tensor,
        pred_kpts: torch.Tensor,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Mean smooth-L1 distance of the corners (B, N, 4, 2, in grid cells), over plates whose corners are known."""
        del target_bboxes
        predicted = pred_kpts[masks]
        truth = keypoints[masks.nonzero(as_tuple=True)[0], target_gt_idx[masks]]
        strides = stride_tensor.view(1, -1).expand(masks.shape[0], -1)[masks][:, None, None]
        corners, known = truth[..., :2] / strides, (truth[..., 2:] != 0).float()
        left, right = corners[:, 3] - corners[:, 0], corners[:, 2] - corners[:, 1]
        height = ((left.norm(dim=-1) + right.norm(dim=-1)) / 2).clamp(min=0.25)[:, None, None]
        error = nn.functional.smooth_l1_loss(predicted / height, corners / height, beta=0.05, reduction="none")
        loss = (error * known).sum() / (known.sum() * 2).clamp(min=1)
        return loss, torch.zeros_like(loss)


class PlateNet(PoseModel):  # type: ignore[misc,unused-ignore]
    """The detector in training. Takes pictures (B, 3, H, W) RGB 0..1 with H and W multiples of 32."""

    def __init__(self) -> None:
        super().__init__(YAML.load(ARCHITECTURE), verbose=False)
        head = self.model[-1]
        head.cv4 = nn.ModuleList(
            nn.Sequential(
                Conv(branch[0].conv.in_channels, CORNER_CHANNELS, 3, act=nn.ReLU()),
                Conv(CORNER_CHANNELS, CORNER_CHANNELS, 3, act=nn.ReLU()),
                nn.Conv2d(CORNER_CHANNELS, head.nk, 1),
            )
            for branch in head.cv4
        )
        self.args = LOSS_GAINS

    def init_criterion(self) -> PlateLoss:
        """The loss that `loss()` applies."""
        return PlateLoss(self)


def load_net(checkpoint: Path) -> PlateNet:
    """The averaged network of a training checkpoint, in evaluation mode on the CPU."""
    state = torch.load(checkpoint, map_location="cpu", weights_only=True)
    net = PlateNet()
    net.load_state_dict(state["average"])
    return net.eval()
