package dev.interlock.front.http;

import dev.interlock.action.Bytes;
import dev.interlock.action.Call;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.LoopThreads;
import dev.interlock.action.Refusal;
import dev.interlock.action.TraceContext;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.Receipt;
import dev.interlock.front.git.PushResult;
import dev.interlock.front.git.WrittenPush;
import dev.interlock.gate.AnswerScreen;
import dev.interlock.gate.Credential;
import dev.interlock.gate.GraphqlAnswer;
import dev.interlock.gate.NotSentException;
import dev.interlock.gate.ResponseRedactor;
import dev.interlock.gate.ResponseScanner;
import dev.interlock.gate.Upstream;
import io.netty.channel.EventLoop;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One call's way to its upstream and back. One thread forwards and passes the answer on; any may cut it off. */
final class UpstreamExchange implements Upstream<UpstreamAnswer>, AutoCloseable {

    private static final int OK = 200;
    static final String SESSION = "mcp-session-id";

    private final UpstreamClient upstreams;
    private final UpstreamRoutes.UpstreamRoute route;
    private final String holder;

    // Belongs to the thread that forwards.
    private Optional<ResponseRedactor> redactor = Optional.empty();
    private Optional<WaitingAnswer> asker = Optional.empty();
    private Optional<McpReader.SeparatedMessage> message = Optional.empty();
    private boolean onlyLooks;
    private boolean isOwn;
    private ResponseScanner scanner = (_, _) -> true;
    private Optional<AnswerScreen> screen = Optional.empty();
    private List<Header> trace = List.of();

    private AnswerEnd end = AnswerEnd.OPEN;
    private Runnable whenEnded = () -> {};
    private Optional<PushResult> pushed = Optional.empty();
    private Optional<GraphqlAnswer> graphql = Optional.empty();
    private Optional<String> storage = Optional.empty();

    private volatile Optional<StreamedBody> body = Optional.empty();

    // Guarded by this. Everything that is set after the cut is cut at once.
    private boolean cut;
    private @Nullable AnswerQueue answer;
    private @Nullable ClientWriter client;

    UpstreamExchange(UpstreamClient upstreams, UpstreamRoutes.UpstreamRoute route, String holder) {
        this.upstreams = upstreams;
        this.route = route;
        this.holder = holder;
    }

    @Override
    public void redactAnswerBy(Optional<ResponseRedactor> redactor) {
        this.redactor = redactor;
    }

    /** Sets the client that asks. Waits for people, and read-only calls, last only while this client is there. */
    void setClient(WaitingAnswer client, Optional<McpReader.SeparatedMessage> separated) {
        asker = Optional.of(client);
        setMessage(separated);
    }

    /** Sets what goes along when the call is sent. */
    void setMessage(Optional<McpReader.SeparatedMessage> separated) {
        message = separated;
    }

    /** Says that the gateway itself calls, and nobody reads the answer. */
    void markOwn() {
        isOwn = true;
    }

    /** Returns the event loop of the client that asks, or any. */
    EventLoop loop() {
        return asker.map(asking -> asking.client.loop())
                .orElseGet(() -> upstreams.loops().next());
    }

    @Override
    public WaitState beginWaiting(Runnable gone) {
        return asker.orElseThrow().begin(gone);
    }

    @Override
    public void traceBy(TraceContext context) {
        trace = context.headers();
    }

    @Override
    public void scanAnswerBy(ResponseScanner scanner) {
        this.scanner = scanner;
    }

    @Override
    public void screenAnswerBy(AnswerScreen screen) {
        this.screen = Optional.of(screen);
    }

    @Override
    public void markReadOnly() {
        onlyLooks = true;
    }

    /** Returns the header fields of this try alone, which belong to no call. Hosts that an agent chose get none. */
    List<Header> perTry() {
        return route.server().anyHost() ? List.of() : trace;
    }

    @Override
    public UpstreamAnswer forward(Call outgoing, Credential credential) throws IOException {
        HttpCall judged = HttpCall.of(outgoing);
        HttpCall asked = message.map(separated -> separated.restored(judged)).orElse(judged);
        try {
            requireAsked();
            checkTools(asked, credential);
            asker.ifPresent(WaitingAnswer::reportSending);
            return answer(asked, credential);
        } catch (NotSentException e) {
            message.ifPresent(McpReader.SeparatedMessage::answered);
            throw e;
        }
    }

    private UpstreamAnswer answer(HttpCall asked, Credential credential) throws IOException {
        HttpCall call = readable(asked);
        body = call.stream().map(StreamedBody.class::cast);
        graphql = route.graphql().test(asked.path()) ? Optional.of(new GraphqlAnswer()) : Optional.empty();
        UpstreamAnswer fetched =
                fetched(call, sent(route.server(), call, credential)).withBody(WatchedBody::new);
        UpstreamAnswer answer = fetched;
        try {
            noteSession(answer);
            Optional<AnswerScreen> screening = screen.filter(_ -> fetched.status() < 300);
            if (redactor.isPresent()
                    || screening.isPresent()
                    || message.filter(McpReader.SeparatedMessage::listsTools).isPresent()) {
                LoopThreads.leave(); // the whole answer is read and written anew
            }
            answer = shown(asked, call, answer);
            if (message.isPresent() && asker.isEmpty()) { // a server may begin an answer before it has done anything
                Bytes whole = answer.whole(UpstreamClient.MAX_ASKED).orElseGet(Bytes::empty);
                answer = answer.replacedBy(whole.toArray());
            }
            if (screening.isPresent()) {
                answer = upstreams.screened(answer, screening.get(), message, holder, upstreams.room(route.server()));
            }
            if (redactor.isPresent()) {
                answer = upstreams.redacted(answer, redactor.get(), holder);
            }
            boolean isStarredOut = message.isPresent()
                    || (screening.isPresent()
                            && !ScannedBody.isBytes(answer)
                            && !screening.get().showsUnnamed());
            // Values that redaction has replaced cannot be found any more: the agent may have the references.
            return ScannedBody.of(answer, scanner, isStarredOut);
        } catch (IOException | RuntimeException | Error e) {
            answer.close(); // nobody else would: its slot at the upstream, and its room, would be lost for ever
            throw e;
        }
    }

    private void noteSession(UpstreamAnswer answer) {
        if (message.isPresent() && answer.status() < 300) {
            answer.values(SESSION).stream().findFirst().ifPresent(message.get()::begun);
        }
    }

    /** Sends no answer to a server that has not asked for it, and no question about a task of somebody else. */
    private void requireAsked() throws NotSentException {
        Optional<Refusal> refusal = message.flatMap(McpReader.SeparatedMessage::sent);
        if (refusal.isPresent()) {
            throw new NotSentException(refusal.get());
        }
    }

    /** Asks for the tools before a pinned one is called. Without a clear answer, nothing is sent. */
    private void checkTools(HttpCall asked, Credential credential) throws NotSentException {
        Optional<McpReader.ToolCheck> check = message.flatMap(separated -> separated.check(asked, onlyLooks));
        if (check.isEmpty()) {
            return;
        }
        requireWhole();
        LoopThreads.leave(); // the lists are long, and each tool in them is compared
        Optional<HttpCall> question = check.get().question();
        while (question.isPresent()) {
            try (UpstreamAnswer answer = sent(route.server(), question.get(), credential)) {
                question = ToolAnswers.isAnswered(answer, check.get(), upstreams.room(route.server()))
                        ? check.get().question()
                        : Optional.empty();
            } catch (IOException _) { // the refusal says it
                question = Optional.empty();
            }
        }
        Optional<Refusal> refusal = check.get().refusal();
        if (refusal.isPresent()) {
            throw new NotSentException(refusal.get());
        }
    }

    private static HttpCall readable(HttpCall call) throws IOException {
        return switch (call.stream().orElse(null)) {
            case WrittenPush push -> call.with(StreamedBody.of(push.length(), push.open()));
            case LongBody body -> call.with(body.outflow());
            case null, default -> call;
        };
    }

    /** The refs before a push offer the client what the gateway can read. The report of a push is its outcome. */
    private UpstreamAnswer shown(HttpCall asked, HttpCall call, UpstreamAnswer answer) throws IOException {
        if (asked.stream().orElse(null) instanceof WrittenPush push) {
            Bytes report = PushAnswers.report(answer);
            pushed = answer.status() == OK ? PushResult.read(report.toArray()) : Optional.empty();
            push.answered(pushed);
            return answer.replacedBy(report.toArray());
        }
        if (message.isPresent()) {
            AnswerMemory.Room room = upstreams.room(route.server());
            return message.get().listsTools() && answer.status() < 300
                    ? ToolAnswers.shown(answer, message.get(), room)
                    : ToolAnswers.withoutTools(answer, message.get(), room);
        }
        return route.push().isQuestionBefore(call) && answer.status() == OK ? PushAnswers.advertised(answer) : answer;
    }

    /** Fetches the file to which {@code answer} redirects, if the provider stores it; otherwise returns that answer. */
    private UpstreamAnswer fetched(HttpCall call, UpstreamAnswer answer) throws IOException {
        Optional<StoredFile> file = StoredFile.of(route, call, answer);
        if (file.isEmpty()) {
            return answer;
        }
        answer.close();
        storage = Optional.of(file.get().server().authority());
        return sent(file.get().server(), file.get().call(), Credential.none());
    }

    private UpstreamAnswer sent(UpstreamServer server, HttpCall call, Credential credential) throws IOException {
        if (!onlyLooks || asker.isEmpty()) {
            return upstreams.send(server, call, credential, this);
        }
        try (WaitState _ = asker.get().client.whenLeft(this::cut)) {
            return upstreams.send(server, call, credential, this);
        }
    }

    /** The end of an upstream's answer, as far as the gateway has seen it. */
    private enum AnswerEnd {
        OPEN,
        COMPLETE,
        /** The upstream ended it short of its length or last chunk, broke off, or was silent for too long. */
        BROKEN,
        /** The end of the connection alone marks the end. Nobody can say whether anything is missing. */
        UNDELIMITED,
        /** The gateway stopped reading: the agent left, the call was cut off, or the rest was withheld. */
        UNREAD
    }

    /** The body as it comes from the upstream. It reports its end once, before the end is passed on. */
    private final class WatchedBody extends UpstreamAnswer.BodyFilter {

        WatchedBody(UpstreamAnswer.AnswerBody body) {
            super(body);
        }

        @Override
        public Optional<byte[]> next() throws IOException {
            try {
                Optional<byte[]> piece = body.next();
                piece.ifPresent(bytes -> graphql.ifPresent(read -> read.add(bytes)));
                if (piece.isEmpty()) {
                    ended(endOfWhole());
                }
                return piece;
            } catch (IOException e) {
                ended(endInTheMiddle());
                throw e;
            }
        }

        @Override
        public void close() {
            super.close();
            ended(AnswerEnd.UNREAD);
        }
    }

    private synchronized AnswerEnd endOfWhole() {
        return answer != null && !answer.isDelimited() ? AnswerEnd.UNDELIMITED : AnswerEnd.COMPLETE;
    }

    private synchronized AnswerEnd endInTheMiddle() {
        return cut || Thread.currentThread().isInterrupted() ? AnswerEnd.UNREAD : AnswerEnd.BROKEN;
    }

    private void ended(AnswerEnd how) {
        if (end == AnswerEnd.OPEN) {
            end = how;
            if (how == AnswerEnd.COMPLETE || how == AnswerEnd.UNDELIMITED) {
                message.ifPresent(McpReader.SeparatedMessage::answered);
            }
            whenEnded.run();
        }
    }

    /** {@inheritDoc} If an upstream reports success after half a body, or breaks off then, the result is unknown. */
    @Override
    public AnswerOutcome ending(UpstreamAnswer answer) {
        if (isOwn && graphql.isPresent() && end == AnswerEnd.OPEN) {
            isOwn = false; // the end of the answer asks once more
            try {
                answer.whole(GraphqlAnswer.MOST);
            } catch (IOException _) { // how it ended is noted
            }
        }
        Receipt.Result said = pushed.filter(result -> result.done() == 0 && result.refused() > 0)
                .map(_ -> Receipt.Result.FAILED)
                .orElse(UpstreamClient.result(answer.status()));
        said = said == Receipt.Result.DONE
                ? graphql.flatMap(GraphqlAnswer::result).orElse(said)
                : said;
        boolean isProven = body.stream().allMatch(StreamedBody::isTaken) && end != AnswerEnd.BROKEN;
        Json.Members answered = answered(answer.status());
        Json.Members members = pushed.filter(result -> result.refused() > 0)
                .map(result -> answered.with("refs_refused", result.refused()))
                .orElse(answered);
        return new AnswerOutcome(
                said == Receipt.Result.DONE && !isProven ? Receipt.Result.UNKNOWN : said,
                switch (end) {
                    case COMPLETE -> members.with("complete", true);
                    case BROKEN -> members.with("complete", false);
                    case OPEN, UNDELIMITED, UNREAD -> members;
                },
                body.map(StreamedBody::sent));
    }

    private Json.Members answered(int status) {
        Json.Members answered = Json.object().with("status", status);
        if (storage.isPresent()) {
            answered = answered.with("storage", storage.get());
        }
        Set<String> withheld = screen.map(AnswerScreen::withheld).orElse(Set.of());
        return withheld.isEmpty() ? answered : answered.with("withheld", String.join(", ", withheld));
    }

    @Override
    public void whenEnded(UpstreamAnswer answer, Runnable then) {
        if (end == AnswerEnd.OPEN) {
            whenEnded = then;
        } else {
            then.run();
        }
    }

    @Override
    public synchronized void cut() {
        cut = true;
        if (answer != null) {
            answer.cut();
        }
        if (client != null) {
            client.cut();
        }
    }

    /** Checks for a cut, at the last moment before the request is written. */
    synchronized void requireWhole() throws NotSentException {
        if (cut) {
            throw new NotSentException("the call was aborted before anything was sent");
        }
    }

    /** Notes that the request is about to be written, and that its answer will arrive at {@code coming}. */
    void sent(AnswerQueue coming) {
        if (isCutOnceSet(() -> answer = coming)) {
            coming.cut();
        }
    }

    /** Notes that the answer is passed on to {@code writer} from now on. Until then a cut would be reported to it. */
    void passOnTo(ClientWriter writer) {
        if (isCutOnceSet(() -> client = writer)) {
            writer.cut();
        }
    }

    // A thread on an event loop calls nobody with the lock: if it waited there, the loop would have to go on, which
    // takes the lock itself when a client leaves.
    private synchronized boolean isCutOnceSet(Runnable setting) {
        setting.run();
        return cut;
    }

    /** Ends the call: its connections may belong to other calls from now on. */
    @Override
    public synchronized void close() {
        answer = null;
        client = null;
    }

    /**
     * A file in a provider's own storage, to which it redirects a GET: a log, an artifact, an archive. Its address
     * opens without a credential, so the agent does not get it. The call has none, and no header of the agent's.
     */
    record StoredFile(UpstreamServer server, HttpCall call) {

        private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);

        static Optional<StoredFile> of(UpstreamRoutes.UpstreamRoute route, HttpCall asked, UpstreamAnswer answer) {
            if (!asked.method().equals("GET") || !REDIRECTS.contains(answer.status())) {
                return Optional.empty();
            }
            List<String> locations = answer.values("location");
            try {
                URI location = locations.size() == 1 ? new URI(locations.getFirst()) : URI.create("");
                return route.storage().test(location) ? Optional.of(at(location, route.server())) : Optional.empty();
            } catch (URISyntaxException
                    | UnreadableRequestException _) { // the agent gets the redirect without its location
                return Optional.empty();
            }
        }

        private static StoredFile at(URI location, UpstreamServer provider)
                throws URISyntaxException, UnreadableRequestException {
            String query = location.getRawQuery() == null ? "" : "?" + location.getRawQuery();
            RequestTarget target = RequestTarget.readUnaimed(location.getRawPath() + query);
            URI server = new URI(location.getScheme(), location.getRawAuthority(), null, null, null);
            return new StoredFile(
                    provider.at(server),
                    new HttpCall(
                            "GET", server.getRawAuthority(), target.path(), target.query(), List.of(), Bytes.empty()));
        }
    }
}
