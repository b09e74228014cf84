package dev.interlock.setup;

import dev.interlock.action.Secret;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** Asks a provider what a token opens, by name. It only reads. */
public sealed interface ProviderDirectory permits RailwayDirectory, GithubDirectory {

    /** The catalog of its operations. */
    String catalog();

    /** Its name as people write it. */
    String fullName();

    /** The address that the upstream of a policy has. */
    String address();

    /** Returns whether a credential of this kind may be a token of this provider. */
    boolean reads(String credentialKind);

    /**
     * Returns what {@code token} opens; empty if the provider does not accept it.
     *
     * @throws IOException if the provider cannot be asked; the message contains no secret
     */
    Optional<Listing> list(Secret token) throws IOException, InterruptedException;

    /**
     * What a token opens.
     *
     * @param resources in the order of their names
     * @param everything whether it opens all of the account, rather than one environment
     * @param kind what the token is, in words
     */
    record Listing(List<NamedResource> resources, boolean everything, String kind) {
        public Listing {
            resources = List.copyOf(resources);
        }
    }
}
