package dev.interlock.drill.railway;

import java.util.List;
import java.util.stream.IntStream;

/** Relay connections over a list. A cursor is the index of a row; the list does not change meanwhile. */
record Page(int limit) {

    Row of(List<Row> rows, Arguments arguments) {
        int from = Math.clamp(after(arguments), 0, rows.size());
        int to = (int) Math.min(rows.size(), (long) from + Math.clamp(arguments.number("first", limit), 0, limit));
        List<Row> edges = IntStream.range(from, to)
                .mapToObj(i -> new Row().with("cursor", String.valueOf(i + 1)).with("node", rows.get(i)))
                .toList();
        return new Row()
                .with("edges", edges)
                .with(
                        "pageInfo",
                        new Row()
                                .with("hasNextPage", to < rows.size())
                                .with("hasPreviousPage", from > 0)
                                .with("startCursor", String.valueOf(from + 1))
                                .with("endCursor", String.valueOf(to)));
    }

    private static int after(Arguments arguments) {
        String cursor = arguments.optional("after");
        try {
            return cursor == null ? 0 : Integer.parseInt(cursor);
        } catch (NumberFormatException e) {
            throw new ApiException("Invalid cursor");
        }
    }
}
