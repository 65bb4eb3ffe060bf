//! FAKE CAMERAS: RTSP and HTTP servers on loopback that answer, misbehave and die on command. Never part of a running town.
