"""What browser and API share of HTTP: pages, ranges, bytes, streams, the envelope of errors, answers that wait."""
