package dev.interlock.setup;

import dev.interlock.action.Secret;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** Asks a provider what a token opens, by name. It only reads. */
public abstract sealed class ProviderDirectory permits RailwayDirectory, GithubDirectory {

    private final String catalog;
    private final String fullName;
    final ProviderClient client;

    ProviderDirectory(String catalog, String fullName, ProviderClient client) {
        this.catalog = catalog;
        this.fullName = fullName;
        this.client = client;
    }

    public String catalog() {
        return catalog;
    }

    public String fullName() {
        return fullName;
    }

    /** The address that the upstream of a policy has. */
    public String address() {
        return client.address().toString();
    }

    /** Returns whether a credential of this kind may be a token of this provider. */
    public abstract boolean reads(String credentialKind);

    /** Empty if the provider does not accept {@code token}. The message of an exception contains no secret. */
    public abstract Optional<Listing> list(Secret token) throws IOException, InterruptedException;

    /** What a token opens, in the order of names; everything of the account or one environment; the kind in words. */
    public record Listing(List<NamedResource> resources, boolean everything, String kind) {
        public Listing {
            resources = List.copyOf(resources);
        }
    }
}
