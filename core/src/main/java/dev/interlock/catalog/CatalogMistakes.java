package dev.interlock.catalog;

import java.util.ArrayList;
import java.util.List;

/** Collects the mistakes of parts that can be read independently, so that all are reported at once. */
final class CatalogMistakes {

    private final List<CatalogException> found = new ArrayList<>();

    void in(Runnable part) {
        try {
            part.run();
        } catch (CatalogException e) {
            found.add(e);
        }
    }

    /** Throws if there were mistakes. */
    void requireNone() {
        if (!found.isEmpty()) {
            CatalogException first = found.getFirst();
            found.subList(1, found.size()).forEach(first::addSuppressed);
            throw first;
        }
    }

    static List<String> sentences(IllegalArgumentException e) {
        List<String> sentences = new ArrayList<>();
        sentences.add(String.valueOf(e.getMessage()));
        for (Throwable other : e.getSuppressed()) {
            sentences.add(String.valueOf(other.getMessage()));
        }
        return sentences;
    }
}
