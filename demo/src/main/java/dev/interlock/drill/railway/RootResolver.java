package dev.interlock.drill.railway;

import org.jspecify.annotations.Nullable;

/** The provider's implementation of one field of {@code Query} or {@code Mutation}. Runs under the world's lock. */
@FunctionalInterface
interface RootResolver {

    /**
     * Executes it.
     *
     * @throws ApiException for errors that the provider reports in {@code errors}
     */
    @Nullable Object run(TokenOwner caller, FieldArguments arguments);
}
