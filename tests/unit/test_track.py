"""Reads of successive frames are put together by vehicle."""

from seen_plates import frame, plate_read

from vision.track import KEPT, PATIENCE, Tracker

HERE, NEAR, FAR = (100, 100, 200, 130), (110, 104, 210, 134), (10, 20, 60, 35)


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
    tracker.update(frame(0), [plate_read("苏E05EV8", box=HERE)])
    tracker.update(frame(1), [plate_read("苏E05EV8", box=FAR)])
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
    tracker.update(frame(0), [plate_read("苏E05EV8")])
    gone = [tracker.update(frame(index), []) for index in range(1, PATIENCE + 3)]
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
