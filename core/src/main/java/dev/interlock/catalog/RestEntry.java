package dev.interlock.catalog;

import dev.interlock.action.Impact;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/**
 * What a catalog says of one operation of a REST provider.
 *
 * @param name the provider's own name for it
 * @param line what a request for it looks like
 * @param shapes the types of its arguments
 * @param entry what it does
 * @param part that all that it destroys is a part of what it is about, by the file's word
 * @param replaces what stands afterwards as the request has it, and in no other way
 * @param stands the operation that reads what is replaced, in the same path
 * @param compares how the two are compared, if they are
 * @param secrets where its answer holds secrets, if that is known; nowhere if it has no paths
 */
record RestEntry(
        String name,
        RequestLine line,
        Shapes shapes,
        Entry entry,
        Optional<Part> part,
        Optional<Path> replaces,
        Optional<String> stands,
        Optional<Comparison> compares,
        Optional<Veil> secrets) {

    /** What it may do, whatever its arguments are and whatever stands. */
    Set<Impact> possible() {
        Set<Impact> possible = EnumSet.copyOf(entry.possible());
        compares.ifPresent(how -> possible.addAll(how.kept()));
        return possible;
    }

    /** Every path that a decision about it looks at. */
    Set<Path> looked() {
        Set<Path> looked = entry.looked();
        replaces.ifPresent(looked::add);
        compares.ifPresent(how -> looked.add(how.sent()));
        return looked;
    }
}
