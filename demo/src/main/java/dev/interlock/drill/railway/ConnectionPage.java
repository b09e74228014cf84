package dev.interlock.drill.railway;

import java.util.List;
import java.util.stream.IntStream;

/** Relay connections over a list. A cursor is the index of a row; the list does not change meanwhile. */
record ConnectionPage(int limit) {

    WorldRow of(List<WorldRow> rows, FieldArguments arguments) {
        int from = Math.clamp(after(arguments), 0, rows.size());
        int to = (int) Math.min(rows.size(), (long) from + Math.clamp(arguments.number("first", limit), 0, limit));
        List<WorldRow> edges = IntStream.range(from, to)
                .mapToObj(i ->
                        new WorldRow().with("cursor", String.valueOf(i + 1)).with("node", rows.get(i)))
                .toList();
        return new WorldRow()
                .with("edges", edges)
                .with(
                        "pageInfo",
                        new WorldRow()
                                .with("hasNextPage", to < rows.size())
                                .with("hasPreviousPage", from > 0)
                                .with("startCursor", String.valueOf(from + 1))
                                .with("endCursor", String.valueOf(to)));
    }

    private static int after(FieldArguments arguments) {
        String cursor = arguments.optional("after");
        try {
            return cursor == null ? 0 : Integer.parseInt(cursor);
        } catch (NumberFormatException e) {
            throw new ApiException("Invalid cursor");
        }
    }
}
