package dev.interlock.catalog;

import java.util.Optional;

/**
 * What a catalog says of one operation of a REST provider.
 *
 * @param name the provider's own name for it
 * @param line what a request for it looks like
 * @param shapes the types of its arguments
 * @param entry what it does
 * @param replaces what stands afterwards as the request has it, and in no other way
 * @param stands the operation that reads what is replaced, in the same path
 */
record RestEntry(
        String name, RequestLine line, Shapes shapes, Entry entry, Optional<Path> replaces, Optional<String> stands) {}
