package dev.interlock.backup.kept;

import dev.interlock.evidence.Json;

/** The size of a backup's content, in the units in which people count it. */
public sealed interface Amount {

    /** The size of a database. */
    record Rows(long tables, long rows) implements Amount {}

    /**
     * The size of a directory tree.
     *
     * @param files the regular files, counted once per name
     * @param contentBytes the bytes in them
     */
    record Files(long files, long contentBytes) implements Amount {}

    /**
     * The size according to an operator's program.
     *
     * @param counted the items in all parts
     */
    record Parts(long parts, long counted) implements Amount {}

    /** Returns whether this is less than half of {@code before}. Returns false for another unit. */
    default boolean isLessThanHalfOf(Amount before) {
        return switch (this) {
            case Rows now -> before instanceof Rows was && isLess(now.rows(), was.rows());
            case Parts now -> before instanceof Parts was && isLess(now.counted(), was.counted());
            case Files now ->
                before instanceof Files was
                        && (isLess(now.files(), was.files()) || isLess(now.contentBytes(), was.contentBytes()));
        };
    }

    private static boolean isLess(long now, long was) {
        return now < was - now;
    }

    /** Returns the larger value of each number; this amount, if {@code other} has another unit. */
    default Amount most(Amount other) {
        return switch (this) {
            case Rows one ->
                other instanceof Rows(long tables, long rows)
                        ? new Rows(Math.max(one.tables(), tables), Math.max(one.rows(), rows))
                        : one;
            case Parts one ->
                other instanceof Parts(long parts, long counted)
                        ? new Parts(Math.max(one.parts(), parts), Math.max(one.counted(), counted))
                        : one;
            case Files one ->
                other instanceof Files(long files, long contentBytes)
                        ? new Files(Math.max(one.files(), files), Math.max(one.contentBytes(), contentBytes))
                        : one;
        };
    }

    /** Adds this amount to {@code to}. */
    default Json.Members on(Json.Members to) {
        return switch (this) {
            case Rows all -> to.with("tables", all.tables()).with("rows", all.rows());
            case Parts all -> to.with("parts", all.parts()).with("counted", all.counted());
            case Files all -> to.with("files", all.files()).with("content_bytes", all.contentBytes());
        };
    }

    /**
     * Reads the amount that {@link #on} has added.
     *
     * @throws dev.interlock.evidence.MalformedException if there is none
     */
    static Amount of(Json.Members said) {
        if (said.get("parts").isPresent()) {
            return new Parts(said.whole("parts"), said.whole("counted"));
        }
        return said.get("files").isPresent()
                ? new Files(said.whole("files"), said.whole("content_bytes"))
                : new Rows(said.whole("tables"), said.whole("rows"));
    }
}
