package dev.interlock.drill.railway;

import org.jspecify.annotations.Nullable;

/** What the provider does for one field of {@code Query} or {@code Mutation}. Runs under the world's lock. */
@FunctionalInterface
interface Root {

    /**
     * Does it.
     *
     * @throws ApiException for what the provider answers in {@code errors}
     */
    @Nullable Object run(Caller caller, Arguments arguments);
}
