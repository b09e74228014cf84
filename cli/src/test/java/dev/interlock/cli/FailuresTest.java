package dev.interlock.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.BadSignatureException;
import dev.interlock.evidence.MalformedException;
import dev.interlock.program.ExitCodes;
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
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.attribute.UserPrincipalNotFoundException;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Tests the exit code and the sentence for each exception. */
class FailuresTest {

    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private Failures failures(boolean traced) {
        PrintStream stream = new PrintStream(err, true, StandardCharsets.UTF_8);
        return new Failures(new Terminal(stream, stream), traced);
    }

    static Stream<Arguments> table() {
        return Stream.of(
                row(new AdminRefusedException("refused", "No.", "Ask."), ExitCodes.NO, "No. Ask."),
                row(new AdminRefusedException("wrong_argument", "No.", "Ask."), ExitCodes.USAGE, "No. Ask."),
                row(new AdminRefusedException("not_entitled", "No.", "Ask."), ExitCodes.NOT_ENTITLED, "No. Ask."),
                row(new FileNotFoundException("no gateway.yaml"), ExitCodes.DATA, "no gateway.yaml"),
                row(new NoSuchFileException("/x"), ExitCodes.DATA, "there is no file `/x`"),
                row(new FileAlreadyExistsException("ci"), ExitCodes.DATA, "`ci` exists already; name another"),
                row(new AccessDeniedException("/x"), ExitCodes.NOT_ENTITLED, "may not use `/x`"),
                row(new UserPrincipalNotFoundException("nobody-here"), ExitCodes.DATA, "no user `nobody-here`"),
                row(new BindException("Permission denied"), ExitCodes.NOT_ENTITLED, "may not use the daemon's socket"),
                row(new ConnectException("refused"), ExitCodes.UNAVAILABLE, "no daemon answers"),
                row(new SocketException("No such file or directory"), ExitCodes.UNAVAILABLE, "no daemon answers"),
                row(new BadSignatureException("not signed"), ExitCodes.NO, "not signed"),
                row(new MalformedException("no seal"), ExitCodes.DATA, "no seal"),
                row(new UsageException("`--ttl`"), ExitCodes.USAGE, "`--ttl`"),
                row(new IllegalArgumentException("`--ttl`"), ExitCodes.DATA, "`--ttl`"),
                row(new IOException("disk full"), ExitCodes.UNAVAILABLE, "disk full"),
                row(new UncheckedIOException(new IOException("gone")), ExitCodes.UNAVAILABLE, "gone"),
                row(new StoreUnavailableException("the store is busy"), ExitCodes.UNAVAILABLE, "the store is busy"),
                row(new IllegalStateException("a bug"), ExitCodes.SOFTWARE, "bug in Interlock"),
                row(new NullPointerException("a bug"), ExitCodes.SOFTWARE, "bug in Interlock"),
                row(new InterruptedException(), ExitCodes.SOFTWARE, "bug in Interlock"));
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
    void stackTracesAreShownOnlyOnDemand(Exception e, int exit, String sentence) {
        assertThat(failures(true).exit(e)).isEqualTo(exit);
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("\tat ").contains(sentence);
    }
}
