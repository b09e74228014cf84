package dev.interlock.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.BadSignatureException;
import dev.interlock.evidence.MalformedException;
import dev.interlock.store.StoreUnavailableException;
import java.io.ByteArrayOutputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.attribute.UserPrincipalNotFoundException;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Each exception, its exit code, and one sentence for it. */
class FailuresTest {

    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private Failures failures(boolean traced) {
        PrintStream stream = new PrintStream(err, true, StandardCharsets.UTF_8);
        return new Failures(new Terminal(stream, stream), traced);
    }

    static Stream<Arguments> table() {
        return Stream.of(
                row(new AdminRefusedException("refused", "No.", "Ask."), Exit.NO, "No. Ask."),
                row(new AdminRefusedException("wrong_argument", "No.", "Ask."), Exit.USAGE, "No. Ask."),
                row(new AdminRefusedException("not_entitled", "No.", "Ask."), Exit.NOT_ENTITLED, "No. Ask."),
                row(new FileNotFoundException("no gateway.yaml"), Exit.DATA, "no gateway.yaml"),
                row(new NoSuchFileException("/x"), Exit.DATA, "there is no file `/x`"),
                row(new AccessDeniedException("/x"), Exit.NOT_ENTITLED, "may not use `/x`"),
                row(new UserPrincipalNotFoundException("nobody-here"), Exit.DATA, "no user `nobody-here`"),
                row(new BindException("Permission denied"), Exit.NOT_ENTITLED, "may not speak to the daemon"),
                row(new ConnectException("refused"), Exit.UNAVAILABLE, "no daemon answers"),
                row(new SocketException("No such file or directory"), Exit.UNAVAILABLE, "no daemon answers"),
                row(new BadSignatureException("not signed"), Exit.NO, "not signed"),
                row(new MalformedException("no seal"), Exit.DATA, "no seal"),
                row(new UsageException("`--ttl`"), Exit.USAGE, "`--ttl`"),
                row(new IllegalArgumentException("`--ttl`"), Exit.DATA, "`--ttl`"),
                row(new IOException("disk full"), Exit.UNAVAILABLE, "disk full"),
                row(new UncheckedIOException(new IOException("gone")), Exit.UNAVAILABLE, "gone"),
                row(new StoreUnavailableException("the store is busy"), Exit.UNAVAILABLE, "the store is busy"),
                row(new IllegalStateException("a bug"), Exit.SOFTWARE, "mistake in Interlock"),
                row(new NullPointerException("a bug"), Exit.SOFTWARE, "mistake in Interlock"),
                row(new InterruptedException(), Exit.SOFTWARE, "mistake in Interlock"));
    }

    private static Arguments row(Exception e, int exit, String sentence) {
        return Arguments.of(e, exit, sentence);
    }

    @ParameterizedTest
    @MethodSource("table")
    void everyExceptionHasItsExitCodeAndOneSentence(Exception e, int exit, String sentence) {
        assertThat(failures(false).exit(e)).isEqualTo(exit);
        String said = err.toString(StandardCharsets.UTF_8);
        assertThat(said).startsWith("interlock: ").contains(sentence);
        assertThat(said.lines()).hasSize(1);
    }

    @ParameterizedTest
    @MethodSource("table")
    void whereItHappenedIsShownOnlyOnDemand(Exception e, int exit, String sentence) {
        assertThat(failures(true).exit(e)).isEqualTo(exit);
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("\tat ").contains(sentence);
    }
}
