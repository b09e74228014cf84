package dev.interlock.evidence;

import java.io.BufferedReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Reads records as PostgreSQL writes them (RFC 4180): a field in quotation marks may hold lines. */
final class CsvRecords {

    private final BufferedReader reader;
    private int lines;

    CsvRecords(BufferedReader reader) {
        this.reader = reader;
    }

    int linesRead() {
        return lines;
    }

    /** Returns the fields of the next record; none at the end. */
    List<String> next() throws IOException {
        List<String> fields = new ArrayList<>();
        StringBuilder field = new StringBuilder();
        boolean isQuoted = false;
        for (String line = reader.readLine(); line != null; line = isQuoted ? reader.readLine() : null) {
            lines++;
            for (int i = 0; i < line.length(); i++) {
                char c = line.charAt(i);
                if (c == '"') {
                    isQuoted = !isQuoted;
                    field.append(isQuoted && i > 0 && line.charAt(i - 1) == '"' ? "\"" : ""); // two are one
                } else if (c == ',' && !isQuoted) {
                    fields.add(field.toString());
                    field.setLength(0);
                } else {
                    field.append(c);
                }
            }
            if (isQuoted) {
                field.append('\n');
            } else {
                fields.add(field.toString());
            }
        }
        if (isQuoted) {
            throw new MalformedException("the log ends within a record");
        }
        return fields;
    }
}
