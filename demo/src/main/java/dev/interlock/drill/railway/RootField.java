package dev.interlock.drill.railway;

import org.jspecify.annotations.Nullable;

/** One field of {@code Query} or {@code Mutation}. It runs under the world's lock; errors are {@link ApiException}s. */
interface RootField {
    @Nullable Object run(TokenOwner owner, ObjectFields arguments);
}
