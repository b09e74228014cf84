package dev.interlock.front.http;

import dev.interlock.action.Bytes;
import dev.interlock.action.Fact;
import dev.interlock.action.FairSemaphore;
import dev.interlock.action.Refusal;
import dev.interlock.gate.AnswerScreen;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Passes an answer on without the files in it that the agent may not read. An answer that is too long to be screened,
 * or not understood, is a file without a name. Threading: any; at most {@link #MAX_AT_ONCE} answers lie in memory.
 */
final class ScreenedAnswer {

    /** Maximum bytes of an answer that is screened. Of a longer one nobody reads the end. */
    static final int MAX_BODY = 4 * 1024 * 1024;

    static final int MAX_AT_ONCE = 4;
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private static final Pattern FILE_NAME =
            Pattern.compile("(?i)attachment\\s*;\\s*filename\\s*=\\s*(?:\"([^\"\\\\]+)\"|([^\\s;\",\\\\]+))\\s*");

    static final String UNKNOWN =
            "it may hold files whose names are not known, and the policy keeps some from this lease";

    private final FairSemaphore room = new FairSemaphore(MAX_AT_ONCE);
    private final Object screening = new Object();

    /** @param asked the message of MCP that is answered, if it is one */
    UpstreamAnswer of(
            UpstreamAnswer answer,
            AnswerScreen screen,
            Optional<McpReader.SeparatedMessage> asked,
            String holder,
            AnswerMemory.Room memory)
            throws IOException {
        if (asked.isPresent() && ToolAnswers.isEvents(answer).orElse(false)) {
            return answer.decoded(body -> new ScreenedEvents(
                    body,
                    screen,
                    message -> overMessage(message, screen)
                            .or(() -> refusal(asked.get()))
                            .orElseGet(Bytes::empty),
                    memory));
        }
        Optional<String> named = fileName(answer);
        if (named.isPresent() || ScannedBody.isBytes(answer)) { // one file, which may be of any length
            return screen.shows(named.orElse(Fact.UNNAMED)) ? answer : withheld(answer, asked);
        }
        if (!room.acquire(holder, PATIENCE)) {
            return answer.withheld("too many answers with files are in flight");
        }
        boolean kept = false;
        try {
            UpstreamAnswer shown = read(answer, screen, asked);
            kept = true;
            return shown.whenClosed(() -> room.release(holder));
        } finally {
            if (!kept) {
                room.release(holder);
            }
        }
    }

    private UpstreamAnswer read(UpstreamAnswer answer, AnswerScreen screen, Optional<McpReader.SeparatedMessage> asked)
            throws IOException {
        ByteArrayOutputStream read = new ByteArrayOutputStream();
        boolean isWhole = false;
        while (!isWhole && read.size() <= MAX_BODY) {
            Optional<byte[]> piece = answer.next();
            isWhole = piece.isEmpty();
            piece.ifPresent(read::writeBytes);
        }
        Bytes body = Bytes.owning(read.toByteArray());
        Optional<Bytes> screened = !isWhole || answer.isPart()
                ? Optional.empty()
                : asked.isPresent() ? overMessage(body, screen) : over(body, screen);
        if (screened.or(() -> Optional.of(body).filter(_ -> screen.shows(Fact.UNNAMED)))
                .filter(body::equals)
                .isPresent()) {
            return answer.withBody(rest -> new ReadBody(rest, body.toArray()));
        }
        return screened.map(shown -> answer.replacedBy(shown.toArray())).orElseGet(() -> withheld(answer, asked));
    }

    /** Screens one answer after the other: a parsed answer takes many times its bytes. */
    private Optional<Bytes> over(Bytes whole, AnswerScreen screen) {
        synchronized (screening) {
            return screen.over(whole);
        }
    }

    private Optional<Bytes> overMessage(Bytes message, AnswerScreen screen) {
        synchronized (screening) {
            return screen.overMessage(message);
        }
    }

    private static UpstreamAnswer withheld(UpstreamAnswer answer, Optional<McpReader.SeparatedMessage> asked) {
        return asked.flatMap(ScreenedAnswer::refusal)
                .map(refusal -> answer.replacedBy(refusal.toArray()))
                .orElseGet(() -> answer.withheld(UNKNOWN));
    }

    private static Optional<Bytes> refusal(McpReader.SeparatedMessage asked) {
        return McpTransport.refusal(
                asked,
                Refusal.denied(
                        "The answer was withheld: " + UNKNOWN + ".",
                        "Read files by their names, or ask a person for a lease that names the environment.",
                        List.of("files without a name")));
    }

    /** Returns the name under which {@code answer} is to be stored (RFC 6266), if it says one in the plain form. */
    private static Optional<String> fileName(UpstreamAnswer answer) {
        List<String> said = answer.values("content-disposition");
        Matcher matcher = FILE_NAME.matcher(said.size() == 1 ? said.getFirst() : "");
        return matcher.matches()
                ? Optional.ofNullable(matcher.group(1)).or(() -> Optional.of(matcher.group(2)))
                : Optional.empty();
    }

    /** A body of which the beginning was read before. */
    private static final class ReadBody extends UpstreamAnswer.BodyFilter {
        private Optional<byte[]> first;

        ReadBody(UpstreamAnswer.AnswerBody rest, byte[] first) {
            super(rest);
            this.first = Optional.of(first);
        }

        @Override
        public Optional<byte[]> next() throws IOException {
            Optional<byte[]> piece = first;
            first = Optional.empty();
            return piece.isPresent() ? piece : body.next();
        }

        @Override
        public boolean isReady() {
            return first.isPresent() || body.isReady();
        }
    }
}
