package dev.interlock.backup.kept;

import java.util.Locale;

/** The output formats of {@code pg_dump}. */
public enum DumpFormat {
    /** Compressed, for {@code pg_restore}. */
    CUSTOM,
    /** SQL, for {@code psql}. */
    PLAIN,
    /** Several archives of one snapshot, dumped and restored in parallel. */
    DIRECTORY;

    /** Returns the word for configurations and manifests. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * Returns the format that {@code word} names.
     *
     * @throws IllegalArgumentException if there is none
     */
    public static DumpFormat of(String word) {
        for (DumpFormat format : values()) {
            if (format.word().equals(word)) {
                return format;
            }
        }
        throw new IllegalArgumentException("`format` is `custom`, `directory` or `plain`, not `" + word + "`");
    }
}
