package dev.interlock.front.git;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.gate.PushReader;
import dev.interlock.gate.PushReader.PushReading;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests what is refused before the server is asked anything. */
class GitPushReaderTest {

    private static final String SECRET = "ghp_aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1eF3hJ5";

    @TempDir
    private Path directory;

    private PushReading read(String ref) {
        GitPushReader reader = new GitPushReader(
                directory.resolve("repositories"),
                directory.resolve("pushes"),
                (_, _, _, _, _) -> {
                    throw new AssertionError("the server is asked");
                },
                _ -> Set.of(),
                InstantSource.system());
        byte[] commands = new PacketWriter()
                .line("0".repeat(40) + " " + "1".repeat(40) + " " + ref + "\0report-status")
                .flush()
                .bytes();
        Iterator<byte[]> left = List.of(commands).iterator();
        try (PushBody body = new PushBody(
                () -> left.hasNext() ? Optional.of(left.next()) : Optional.empty(), directory.resolve("bodies"))) {
            HttpCall call = new HttpCall(
                    "POST",
                    "git.acme.io",
                    "/acme/shop.git/git-receive-pack",
                    List.of(),
                    List.<Header>of(),
                    Bytes.empty());
            return reader.read(new PushReader.PushRequest(
                    null, null, call.with(body), "L-1", "acme-agent", GitPushReaderTest::isIn));
        }
    }

    private static boolean isIn(byte[] text) {
        return new String(text, StandardCharsets.UTF_8).contains(SECRET);
    }

    /** The last one is refused with a reason that quotes it. */
    @ParameterizedTest
    @ValueSource(strings = {"refs/heads/" + SECRET, "refs/tags/v1-" + SECRET, "refs/for/" + SECRET})
    void aSecretAsTheNameOfARefIsFoundBeforeAnythingIsToldOfIt(String ref) {
        assertThat(read(ref))
                .isInstanceOfSatisfying(
                        PushReading.SecretPush.class,
                        secret -> assertThat(secret.places()).containsExactly("the name of a branch or tag"));
    }
}
