package dev.interlock.config;

/**
 * A position in a file that somebody wrote.
 *
 * @param file the file's name, as its author knows it
 * @param line counted from 1; 0 if unknown
 * @param column counted from 1; 0 if unknown
 */
public record FilePosition(String file, int line, int column) {

    /** Returns {@code FILE:LINE:COLUMN}, the form that editors and terminals open, as far as it is known. */
    @Override
    public String toString() {
        return file + (line > 0 ? ":" + line : "") + (line > 0 && column > 0 ? ":" + column : "");
    }
}
