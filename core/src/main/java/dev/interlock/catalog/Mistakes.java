package dev.interlock.catalog;

import java.util.ArrayList;
import java.util.List;

/** The mistakes of parts that can be read one without the other, so that all are told at once. */
final class Mistakes {

    private final List<CatalogException> found = new ArrayList<>();

    /** Reads one part. */
    void in(Runnable part) {
        try {
            part.run();
        } catch (CatalogException e) {
            found.add(e);
        }
    }

    /**
     * Ends the reading if there were any.
     *
     * @throws CatalogException the first, with the others as suppressed ones
     */
    void requireNone() {
        if (!found.isEmpty()) {
            CatalogException first = found.getFirst();
            found.subList(1, found.size()).forEach(first::addSuppressed);
            throw first;
        }
    }

    /** What {@code e} tells, one sentence a mistake. */
    static List<String> sentences(IllegalArgumentException e) {
        List<String> sentences = new ArrayList<>();
        sentences.add(String.valueOf(e.getMessage()));
        for (Throwable other : e.getSuppressed()) {
            sentences.add(String.valueOf(other.getMessage()));
        }
        return sentences;
    }
}
