package dev.interlock.evidence;

import java.io.IOException;
import java.io.Reader;
import java.util.ArrayList;
import java.util.List;

/** Reads records as PostgreSQL writes them (RFC 4180, with line feeds): a field in quotation marks may hold lines. */
final class CsvRecords {

    private final Reader reader;
    private int lines;

    CsvRecords(Reader reader) {
        this.reader = reader;
    }

    /** Returns how many lines have been read. */
    int lines() {
        return lines;
    }

    /** Returns the fields of the next record; none at the end. */
    List<String> next() throws IOException {
        List<String> fields = new ArrayList<>();
        StringBuilder field = new StringBuilder();
        int c = reader.read();
        if (c < 0) {
            return fields;
        }
        boolean isQuoted = false;
        boolean isEnded = false; // behind the closing quotation mark
        for (; c >= 0 && (isQuoted || c != '\n'); c = reader.read()) {
            lines += c == '\n' ? 1 : 0;
            if (isQuoted && c == '"') {
                isQuoted = false;
                isEnded = true;
            } else if (c == '"' && (isEnded || field.length() == 0)) {
                isQuoted = true;
                field.append(isEnded ? "\"" : "");
                isEnded = false;
            } else if (c == ',' && !isQuoted) {
                fields.add(field.toString());
                field.setLength(0);
                isEnded = false;
            } else if (isEnded) {
                throw new MalformedException("line " + (lines + 1) + " of the log is no CSV");
            } else {
                field.append((char) c);
            }
        }
        if (isQuoted) {
            throw new MalformedException("the log ends within a record");
        }
        lines++;
        fields.add(field.toString());
        return fields;
    }
}
