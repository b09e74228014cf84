package dev.interlock.front.http;

import dev.interlock.action.Header;
import dev.interlock.action.Refusal;
import dev.interlock.front.http.ProblemDetails.ProblemFacts;
import dev.interlock.front.http.ProblemDetails.ProblemResponse;
import dev.interlock.gate.Upstream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The answer to a call that waits for people. Where the client's protocol can say so, it begins before the decision,
 * and what becomes of the call follows in the same form. Belongs to the thread that answers.
 */
final class WaitingAnswer implements Upstream.WaitState {

    private static final int OK = 200;

    final ClientWriter client;
    private final Dialect dialect;
    private final boolean keep;
    private final Duration limit;
    private Optional<Upstream.WaitState> wait = Optional.empty();
    private String hold = "";
    private boolean signed;
    private boolean begun;
    private boolean isMessage;

    /** @param keep whether the connection stays for another request */
    WaitingAnswer(ClientWriter client, Dialect dialect, boolean keep, Duration limit) {
        this.client = client;
        this.dialect = dialect;
        this.keep = keep;
        this.limit = limit;
    }

    /** Begins the wait. Runs {@code gone} once the client has disconnected. */
    WaitingAnswer begin(Runnable gone) {
        wait = Optional.of(client.whenGone(gone));
        return this;
    }

    boolean hasBegun() {
        return begun;
    }

    /** Returns the field that says how long it was ready to wait, if it has waited. */
    List<Header> applied() {
        return PreferHeader.applied(wait.isPresent() ? limit : Duration.ZERO);
    }

    @Override
    public void report(String waiting, Refusal why, boolean isSigned, Duration left) {
        String what = isSigned ? " is signed, and waits for its time" : " waits for people";
        String reason = hold.equals(waiting) ? "" : ": " + why.reason();
        say(waiting + what + ", for " + left.toSeconds() + " s at most" + reason, left);
        hold = waiting;
    }

    @Override
    public void markSigned() {
        signed = true;
    }

    @Override
    public void close() {
        wait.ifPresent(Upstream.WaitState::close);
    }

    /** Says that the call is about to be sent. */
    void reportSending() {
        if (begun) {
            String what = dialect instanceof Dialect.Git ? "the push goes on" : "the call goes on";
            say(signed ? "signed; " + what : what, Duration.ZERO);
        }
    }

    private void say(String sentence, Duration left) {
        Optional<byte[]> report = switch (dialect) {
            case Dialect.Git(var _, var call) ->
                Optional.ofNullable(PushAnswers.body(call)).flatMap(push -> push.report(sentence));
            case Dialect.Mcp(var message, var _, boolean acceptsEvents) ->
                message.progressToken()
                        .filter(_ -> acceptsEvents && message.isToolCall())
                        .map(token -> ToolAnswers.event("", McpTransport.progress(token, sentence, left)));
            default -> Optional.empty();
        };
        if (report.isEmpty()) {
            return;
        }
        if (!begun) {
            begun = true;
            String type = isMcp() ? ToolAnswers.EVENTS : PushAnswers.RESULT;
            List<Header> headers = new ArrayList<>(ProblemDetails.headers(type, ""));
            headers.addAll(applied());
            headers.add(new Header("transfer-encoding", "chunked"));
            headers.add(new Header("connection", keep ? "keep-alive" : "close"));
            client.head(OK, headers);
        }
        try {
            client.piece(report.get());
            client.flush();
        } catch (IOException _) {
            // The client is gone, which ends the wait; what is written next fails.
        }
    }

    private boolean isMcp() {
        return dialect instanceof Dialect.Mcp;
    }

    /** Ends it with a refusal, or a whole answer of the gateway's own. */
    void end(ProblemResponse problem, boolean head) throws IOException {
        if (begun) {
            client.piece(
                    isMcp()
                            ? ToolAnswers.event("", problem.body())
                            : problem.body().toArray());
            client.end();
        } else {
            Exchange.problem(problem, client, keep, head);
        }
    }

    /** Returns whether {@code answer} follows the reports. One that has no form there is told in words, as the end. */
    boolean takes(UpstreamAnswer answer, String receipt) throws IOException {
        if (answer.status() == OK && answer.note().isEmpty()) {
            isMessage = isMcp() && ToolAnswers.isEvents(answer).filter(is -> is).isEmpty();
            client.piece((isMessage ? ToolAnswers.EVENT : "").getBytes(StandardCharsets.US_ASCII));
            return true;
        }
        Refusal told = new Refusal(
                Refusal.Kind.UNKNOWN,
                Refusal.Finality.FINAL,
                "The call was sent, but "
                        + answer.note().orElse("the upstream's answer has the status " + answer.status()) + ".",
                "Do not send it again. Read the state of the resource, or ask the owner of this task.",
                List.of(),
                Optional.empty());
        end(dialect.refusal(told, ProblemFacts.of(receipt)), false);
        return false;
    }

    /** Returns a part of the answer. A message that becomes an event has no line ends: they are white space in JSON. */
    byte[] framed(byte[] piece) {
        for (int i = 0; isMessage && i < piece.length; i++) {
            piece[i] = piece[i] == '\n' || piece[i] == '\r' ? (byte) ' ' : piece[i];
        }
        return piece;
    }

    /** Ends an answer of the upstream's. */
    void finish() throws IOException {
        client.piece((isMessage ? "\n\n" : "").getBytes(StandardCharsets.US_ASCII));
        client.end();
    }
}
