"""Labelled photos that come with the project: rendered, with open fonts, so that they may be passed on."""
