"""Where frames come from: folders, video files, cameras."""
