package dev.interlock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Attempt;
import dev.interlock.front.http.HttpFront;
import dev.interlock.front.http.Routes;
import dev.interlock.front.http.UpstreamClient;
import dev.interlock.gate.Deriver;
import dev.interlock.gate.Elevator;
import dev.interlock.gate.Handler;
import dev.interlock.gate.Outcome;
import dev.interlock.gate.Upstream;
import dev.interlock.vault.Decoys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Places with a real front, which nobody asks for anything. */
final class PlacesTest {

    @TempDir
    private Path directory;

    private UpstreamClient upstreams;
    private HttpFront front;

    private static final class Nobody implements Handler {
        @Override
        public <R> Outcome<R> handle(Attempt attempt, Upstream<R> upstream) {
            throw new AssertionError("nobody calls");
        }
    }

    @BeforeEach
    void open() {
        upstreams = new UpstreamClient();
        Elevator nothing = _ -> {
            throw new AssertionError("nobody asks");
        };
        Deriver nobody = (_, _, _, _) -> {
            throw new AssertionError("nobody asks");
        };
        front = new HttpFront(
                _ -> new Routes.Unknown(), new Nobody(), nobody, nothing, upstreams, _ -> "", Clock.systemUTC());
    }

    @AfterEach
    void close() {
        front.close();
        upstreams.close();
    }

    @Test
    void whatIsUsedStaysOpenAndNothingElse() throws IOException {
        Places places = new Places(front, new Decoys(new SecureRandom()), directory);
        Path used = places.open("used").socket();
        Path unused = places.open("unused").socket();
        places.closeUnused(() -> Set.of("used", "never-opened"));
        assertThat(used).exists();
        assertThat(unused.getParent()).doesNotExist();
        assertThat(places.open("unused").socket()).as("it can be opened again").exists();
    }

    @Test
    void aPlaceThatCannotBeOpenedLeavesNothingBehind() throws IOException {
        Path tooLong = Files.createDirectories(directory.resolve("x".repeat(120)));
        Places places = new Places(front, new Decoys(new SecureRandom()), tooLong);
        assertThatThrownBy(() -> places.open("place")).isInstanceOf(IOException.class);
        assertThat(tooLong.resolve("places")).isEmptyDirectory();
    }
}
