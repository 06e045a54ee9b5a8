"""Gate 1 for files on what came of recommended actions; its contract stands in sources/files.py."""

from expectations import Rule

KEY = ("file_name", "row_number")
RULES = (
    Rule("ExpectColumnValuesToNotBeNull", "A correction is told from news by its key.", "record_id"),
    Rule("ExpectColumnValuesToNotBeNull", "A fact is followed back to its file by it.", "file_hash"),
)
