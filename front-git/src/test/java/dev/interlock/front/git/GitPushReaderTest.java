package dev.interlock.front.git;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.gate.PushReader;
import dev.interlock.gate.PushReader.PushReading;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.eclipse.jgit.lib.StoredConfig;
import org.eclipse.jgit.util.SystemReader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests what is refused before the server is asked anything. */
class GitPushReaderTest {

    private static final String SECRET = "ghp_aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1eF3hJ5";

    @TempDir
    private Path directory;

    private PushReading read(String ref) {
        Iterator<byte[]> left = List.of(commands(ref)).iterator();
        return read(() -> left.hasNext() ? Optional.of(left.next()) : Optional.empty());
    }

    private static byte[] commands(String ref) {
        return new PacketWriter()
                .line("0".repeat(40) + " " + "1".repeat(40) + " " + ref + "\0report-status")
                .flush()
                .bytes();
    }

    private PushReading read(PushBody.BodySource source) {
        GitPushReader reader = new GitPushReader(
                directory.resolve("repositories"),
                directory.resolve("pushes"),
                (_, _, _, _, _) -> {
                    throw new AssertionError("the server is asked");
                },
                _ -> Set.of(),
                InstantSource.system());
        try (PushBody body = new PushBody(source, directory.resolve("bodies"))) {
            HttpCall call = new HttpCall(
                    "POST",
                    "git.acme.io",
                    "/acme/shop.git/git-receive-pack",
                    List.of(),
                    List.<Header>of(),
                    Bytes.empty());
            return reader.read(new PushReader.PushRequest(
                    null, null, call.with(body), "L-1", "acme-agent", GitPushReaderTest::isIn, _ -> false));
        }
    }

    private static boolean isIn(byte[] text) {
        return new String(text, StandardCharsets.UTF_8).contains(SECRET);
    }

    /** That would take most of a second of a processor, beside the first push. */
    @Test
    void theTimesOfFilesAreNotMeasured() throws Exception {
        GitPushReader.QuietSystem.install();
        StoredConfig read = SystemReader.getInstance().getUserConfig();
        assertThat(read.getTimeUnit("filesystem", "any", "timestampResolution", -1, TimeUnit.MILLISECONDS))
                .isEqualTo(10);
        assertThat(read.getTimeUnit("gc", null, "pruneExpire", 7, TimeUnit.DAYS))
                .isEqualTo(7);
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

    @Test
    void nothingStaysOfAPushWhoseClientBreaksOff() {
        Packs pack = new Packs().blob("hello").blob("world");
        byte[] cut = Arrays.copyOf(pack.bytes(), pack.bytes().length - 25);
        Iterator<byte[]> left = List.of(commands("refs/heads/topic"), cut).iterator();
        PushReading reading = read(() -> {
            if (left.hasNext()) {
                return Optional.of(left.next());
            }
            throw new IOException("the client broke off");
        });
        assertThat(reading).isInstanceOf(PushReading.UnavailablePush.class);
        assertThat(directory.resolve("bodies")).isEmptyDirectory();
    }
}
