package dev.interlock.config;

/** A position in a file that somebody wrote. */
public record FilePosition(String file, int line, int column) {

    /** Returns {@code FILE:LINE:COLUMN}, the form that editors and terminals open, as far as it is known. */
    @Override
    public String toString() {
        return file + (line > 0 ? ":" + line : "") + (line > 0 && column > 0 ? ":" + column : "");
    }
}
