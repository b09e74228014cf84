package dev.interlock.backup.kept;

import dev.interlock.evidence.Keyword;

/** The output formats of {@code pg_dump}. */
public enum DumpFormat implements Keyword {
    /** Compressed, for {@code pg_restore}. */
    CUSTOM,
    /** SQL, for {@code psql}. */
    PLAIN,
    /** Several archives of one snapshot, dumped and restored in parallel. */
    DIRECTORY;

    /**
     * Returns the format that {@code word} names.
     *
     * @throws IllegalArgumentException if there is none
     */
    public static DumpFormat of(String word) {
        return Keyword.find(DumpFormat.class, word)
                .orElseThrow(() -> new IllegalArgumentException(
                        "`format` is `custom`, `directory` or `plain`, not `" + word + "`"));
    }
}
