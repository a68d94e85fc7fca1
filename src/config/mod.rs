//! `portcullis.yaml` as written → what each room is told.
