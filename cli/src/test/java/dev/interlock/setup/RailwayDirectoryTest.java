package dev.interlock.setup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Secret;
import dev.interlock.drill.railway.RailwaySimulator;
import dev.interlock.signin.PinnedAuthority;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RailwayDirectoryTest {

    @TempDir
    private static Path root;

    private static RailwaySimulator railway;

    @BeforeAll
    static void start() throws IOException {
        railway = RailwaySimulator.start(root.resolve("state"));
    }

    @AfterAll
    static void stop() throws IOException {
        railway.close();
    }

    private static RailwayDirectory directory() throws IOException {
        return new RailwayDirectory(
                URI.create("https://localhost:" + railway.port()),
                PinnedAuthority.trusting(Optional.of(railway.authority())));
    }

    @Test
    void anAccountTokenOpensEveryEnvironmentByName() throws Exception {
        ProviderDirectory.Listing listing =
                directory().list(new Secret("rw_found-in-an-unrelated-file")).orElseThrow();
        assertThat(listing.everything()).isTrue();
        assertThat(listing.resources())
                .containsExactly(
                        new NamedResource(
                                "railway:environment/9f2d7f0e-3b7a-4a0d-9b0e-9d0d0c100001", "pocketos", "production"),
                        new NamedResource(
                                "railway:environment/5d1a9c52-5b0c-4f5e-8f6a-57a61a9e0002", "pocketos", "staging"));
    }

    @Test
    void aProjectTokenOpensItsOwnEnvironment() throws Exception {
        ProviderDirectory.Listing listing =
                directory().list(new Secret("rw_staging-project-token")).orElseThrow();
        assertThat(listing.everything()).isFalse();
        assertThat(listing.resources()).extracting(NamedResource::name).containsExactly("staging");
    }

    @Test
    void aTokenThatTheProviderDoesNotKnowOpensNothing() throws Exception {
        assertThat(directory().list(new Secret("rw_unknown"))).isEmpty();
    }

    /** Otherwise whoever names an address gets the token, or reads it on the way. */
    @Test
    void aTokenLeavesOverTlsOnlyToACertifiedProviderAndIsInNoMessage() {
        assertThatThrownBy(() -> new RailwayDirectory(URI.create("http://localhost:1"), Optional.empty()))
                .isInstanceOf(IllegalArgumentException.class);
        RailwayDirectory untrusted =
                new RailwayDirectory(URI.create("https://localhost:" + railway.port()), Optional.empty());
        assertThatThrownBy(() -> untrusted.list(new Secret("rw_found-in-an-unrelated-file")))
                .isInstanceOf(IOException.class)
                .hasNoCause()
                .message()
                .doesNotContain("rw_found");
    }
}
