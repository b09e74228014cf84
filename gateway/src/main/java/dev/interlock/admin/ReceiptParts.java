package dev.interlock.admin;

import dev.interlock.action.VisibleText;
import dev.interlock.evidence.Json;
import java.util.ArrayList;
import java.util.List;

/** Splits details too long for one receipt: otherwise many leases or a long reason would leave none. */
final class ReceiptParts {

    /** Maximum items of a list in one receipt. Two lists of so many leases and a text of {@link #MAX_TEXT} fit. */
    static final int MAX_ITEMS = 100;
    /** Maximum characters of a text in one receipt, each of which may take six bytes; people's reasons are shorter. */
    static final int MAX_TEXT = 1_000;

    private ReceiptParts() {}

    static List<Json.Members> of(Json.Members told) {
        int parts = told.members().values().stream()
                .mapToInt(ReceiptParts::count)
                .max()
                .orElse(1);
        List<Json.Members> all = new ArrayList<>();
        for (int part = 0; part < parts; part++) {
            all.add(part(told, part).with("part", part + 1L).with("parts", parts));
        }
        return all;
    }

    private static int count(Json value) {
        return value instanceof Json.Array(List<Json> items) ? Math.ceilDiv(items.size(), MAX_ITEMS) : 1;
    }

    private static Json.Members part(Json.Members told, int part) {
        Json.Members one = Json.object();
        for (String name : told.members().keySet()) {
            one = switch (told.members().get(name)) {
                case Json.Array(List<Json> items) -> one.with(name, new Json.Array(slice(items, part)));
                case Json.Text(String text)
                when text.length() > MAX_TEXT ->
                    one.with(name, VisibleText.cut(text, MAX_TEXT)).with("shortened", true);
                case Json value -> one.with(name, value);
            };
        }
        return one;
    }

    private static List<Json> slice(List<Json> items, int part) {
        return items.subList(Math.min(items.size(), part * MAX_ITEMS), Math.min(items.size(), (part + 1) * MAX_ITEMS));
    }
}
