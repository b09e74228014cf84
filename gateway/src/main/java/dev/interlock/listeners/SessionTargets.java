package dev.interlock.listeners;

import dev.interlock.action.Bytes;
import dev.interlock.action.Refusal;
import dev.interlock.action.SessionTarget;
import dev.interlock.action.VisibleText;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What calls in the sessions of one MCP server have chosen for later ones. Of a session whose beginning nobody saw,
 * nothing is known. A session is the server's, whoever uses it.
 *
 * <p>Threading: any thread may call any method.
 */
final class SessionTargets {

    private static final int MAX_SESSIONS = 2_000;
    private static final int SHOWN = 10;
    private static final int MAX_TEXT = 300;

    // Guarded by this.
    private final Map<String, Choices> sessions = new BoundedMap<>(MAX_SESSIONS);

    private static final class Choices {
        private final Deque<String> last = new ArrayDeque<>();
        private final Set<Object> goingBy = new HashSet<>();
        private String digest = "";
        private int count;

        private void add(String call) {
            digest = digest(digest + '\n' + call);
            count++;
            last.add(
                    call.length() <= MAX_TEXT
                            ? call
                            : VisibleText.cut(call, MAX_TEXT) + "... (SHA-256 " + digest(call) + ")");
            if (last.size() > SHOWN) {
                last.removeFirst();
            }
        }

        private SessionTarget shown(String session) {
            String said = count == 0
                    ? "what the server begins with: no call of this session has chosen any"
                    : "chosen by " + count + (count == 1 ? " call" : " calls")
                            + " of this session, in this order; one that failed chose nothing";
            return new SessionTarget(
                    digest(session).substring(0, 12),
                    count > SHOWN ? said + "; the last " + SHOWN + " follow, SHA-256 of all " + digest : said,
                    List.copyOf(last));
        }

        private static String digest(String text) {
            return Bytes.utf8(text).sha256();
        }
    }

    /** Notes that the server has begun {@code session}; nothing if it is known. */
    synchronized void begin(String session) {
        sessions.putIfAbsent(session, new Choices());
    }

    /** Returns what calls of {@code session} have chosen so far. */
    synchronized Optional<SessionTarget> find(String session) {
        return Optional.ofNullable(sessions.get(session)).map(choices -> choices.shown(session));
    }

    /** Notes that {@code call}, which chooses, is about to be sent. Returns why it may not be. */
    synchronized Optional<Refusal> choose(String session, String call, Object passage) {
        Choices choices = sessions.get(session);
        if (choices != null && !choices.goingBy.isEmpty() && !choices.goingBy.equals(Set.of(passage))) {
            return Optional.of(Refusal.unavailable(
                    "A call that acts on what this session has chosen is not answered yet, so it must not choose anew.",
                    "Wait for that answer. If none comes, begin a new session."));
        }
        if (choices != null) {
            choices.add(call);
        }
        return Optional.empty();
    }

    /**
     * Notes that a call is about to be sent that was decided for {@code target}; {@code passage} stands for it. Returns
     * why it may not be sent.
     */
    synchronized Optional<Refusal> goBy(String session, Optional<SessionTarget> target, Object passage) {
        Choices choices = sessions.get(session);
        if (choices == null || target.isEmpty() || !target.get().equals(choices.shown(session))) {
            return Optional.of(Refusal.unavailable(
                    "Another call of this session has just chosen what this one acts on, so it is not what was decided about.",
                    "Send the identical request again: it is decided about anew."));
        }
        choices.goingBy.add(passage);
        return Optional.empty();
    }

    /** Notes that the call of {@code passage} is answered, or was not sent. */
    synchronized void answered(String session, Object passage) {
        Optional.ofNullable(sessions.get(session)).ifPresent(choices -> choices.goingBy.remove(passage));
    }
}
