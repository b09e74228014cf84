package dev.interlock.backup.kept;

import dev.interlock.evidence.Json;

/** How much a backup holds, in what people count it in. */
public sealed interface Amount {

    /** A database's. */
    record Rows(long tables, long rows) implements Amount {}

    /**
     * A directory's.
     *
     * @param files regular ones, by each of their names
     * @param contentBytes in them
     */
    record Files(long files, long contentBytes) implements Amount {}

    /**
     * Of what a program of somebody's counts.
     *
     * @param counted in all parts
     */
    record Parts(long parts, long counted) implements Amount {}

    /** Whether there is less than half of {@code before} in this; of another kind of thing nothing can be said. */
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

    /** Of each number the greater one; this, if {@code other} is of another kind of thing. */
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

    /** {@code to}, with this. */
    default Json.Members on(Json.Members to) {
        return switch (this) {
            case Rows all -> to.with("tables", all.tables()).with("rows", all.rows());
            case Parts all -> to.with("parts", all.parts()).with("counted", all.counted());
            case Files all -> to.with("files", all.files()).with("content_bytes", all.contentBytes());
        };
    }

    /**
     * What {@link #on} has put there.
     *
     * @throws dev.interlock.evidence.MalformedException if nothing of the kind is there
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
