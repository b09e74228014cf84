package dev.interlock.backup.content;

import dev.interlock.evidence.Json;

/** The size of a backup's content, in the units in which people count it. */
public sealed interface Amount {

    record Rows(long tables, long rows) implements Amount {}

    record Files(long files, long contentBytes) implements Amount {}

    default boolean isLessThanHalfOf(Amount before) {
        return switch (this) {
            case Rows now -> before instanceof Rows was && isLess(now.rows(), was.rows());
            case Files now ->
                before instanceof Files was
                        && (isLess(now.files(), was.files()) || isLess(now.contentBytes(), was.contentBytes()));
        };
    }

    private static boolean isLess(long now, long was) {
        return now < was - now;
    }

    default Json.Members on(Json.Members to) {
        return switch (this) {
            case Rows all -> to.with("tables", all.tables()).with("rows", all.rows());
            case Files all -> to.with("files", all.files()).with("content_bytes", all.contentBytes());
        };
    }

    /** Reads the amount that {@link #on} has added. */
    static Amount of(Json.Members said) {
        return said.get("files").isPresent()
                ? new Files(said.whole("files"), said.whole("content_bytes"))
                : new Rows(said.whole("tables"), said.whole("rows"));
    }
}
