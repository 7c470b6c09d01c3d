"""The reader network: a plain convolutional backbone with ReLU, a CTC head, and heads for colour, layout, region."""

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
    """Input (B, 3, 48, 168); outputs logits (B, 42, CLASSES), colour (B, 6), layout (B, 2), region (B, 5).

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

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        features = self.merge(self.body(self.stem(image)))
        logits = self.text(self.drop(features)).squeeze(2).transpose(1, 2)
        whole = features.mean((2, 3))
        return logits, self.color(whole), self.layout(whole), self.region(whole)
