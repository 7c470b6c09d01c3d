"""The reader network: a plain convolutional backbone with ReLU, a CTC head, and heads for colour, layout, region and
for where the plate's corners really are."""

from __future__ import annotations

from torch import Tensor, nn

from models.train.reader_samples import COLORS, LAYOUTS, REGIONS
from vision.alphabet import ALPHABET

CLASSES = len(ALPHABET) + 1


def _conv(channels: int, out: int, kernel: tuple[int, int], stride: tuple[int, int] = (1, 1)) -> nn.Sequential:
    padding = (kernel[0] // 2, kernel[1] // 2)
    return nn.Sequential(
        nn.Conv2d(channels, out, kernel, stride, padding, bias=False), nn.BatchNorm2d(out), nn.ReLU(inplace=True)
    )


class ReaderNet(nn.Module):
    """Input (B, 3, 48, 168); outputs logits (B, 42, CLASSES), colour (B, 6), layout (B, 2), region (B, 5), and corners
    (B, 8): how far right of and below the view's corners the plate's own lie, x and y in turn, clockwise from the top
    left, as shares of the view's width and height.

    Width is reduced four times. The last three rows of features are merged by learned weights (a 3 x 1 convolution
    without padding), so that what stood high and low in a character stays told apart."""

    def __init__(self) -> None:
        super().__init__()
        three, down, flat = (3, 3), (2, 2), (2, 1)
        self.stem = nn.Sequential(_conv(3, 24, three, down), _conv(24, 32, three))
        self.body = nn.Sequential(
            _conv(32, 64, three, down),
            _conv(64, 64, three),
            _conv(64, 96, three, flat),
            _conv(96, 96, three),
            _conv(96, 128, three, flat),
            _conv(128, 128, three),
        )
        self.merge = nn.Sequential(
            nn.Conv2d(128, 160, (3, 1), bias=False), nn.BatchNorm2d(160), nn.ReLU(inplace=True), _conv(160, 160, (1, 5))
        )
        self.drop = nn.Dropout(0.05)
        self.text = nn.Conv2d(160, CLASSES, 1)
        self.color = nn.Linear(160, len(COLORS))
        self.layout = nn.Linear(160, len(LAYOUTS))
        self.region = nn.Linear(160, len(REGIONS))
        self.corners = nn.Sequential(
            nn.Conv2d(128, 16, 1, bias=False),
            nn.BatchNorm2d(16),
            nn.ReLU(inplace=True),
            nn.Flatten(),
            nn.Linear(16 * 3 * 42, 8),
        )

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        fine = self.body(self.stem(image))
        features = self.merge(fine)
        logits = self.text(self.drop(features)).squeeze(2).transpose(1, 2)
        whole = features.mean((2, 3))
        return logits, self.color(whole), self.layout(whole), self.region(whole), self.corners(fine)
