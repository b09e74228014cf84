package dev.interlock.console;

import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.ssl.SslConnection;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.util.thread.Scheduler;

/**
 * Who is connected and asks for nothing: heads that never end, and lines that are kept for later. They are the first to
 * go, so that they keep nobody out: as soon as there are many the one that has waited for longest is closed, and each
 * after a while. A trickle of bytes makes nothing of it younger; only a whole request does. Nor does a trickle that is
 * read: each answer has its time, and whoever has not taken all of it by then is cut off.
 *
 * <p>Threading: any.
 */
final class Crowd implements Connection.Listener {

    /** Half of all that may be connected; the other half is for those who are being answered. */
    static final int MAX_WAITING = Console.MAX_CONNECTIONS / 2;

    /** A browser sends its head at once; a slow network takes a second. */
    static final Duration FIRST = Duration.ofSeconds(10);

    /** As long as browsers keep a line that they may use again soon. */
    static final Duration NEXT = Duration.ofSeconds(45);

    /** Of a form, from its head to its last letter. */
    static final Duration FORM = Duration.ofSeconds(10);

    /**
     * Of a request and its answer. A page that asks a provider takes seconds; to fetch it over a bad line, a minute.
     */
    static final Duration ANSWER = Duration.ofSeconds(90);

    private final Scheduler scheduler;

    /** When the answer on a line is cut off. */
    private final Map<EndPoint, Scheduler.Task> answering = new ConcurrentHashMap<>();

    // Guarded by this; in the order in which they began to wait.
    private final Map<EndPoint, Scheduler.Task> waiting = new LinkedHashMap<>();

    Crowd(Scheduler scheduler) {
        this.scheduler = scheduler;
    }

    @Override
    public void onOpened(Connection connection) {
        if (!(connection instanceof SslConnection)) { // what it carries is another one
            waits(connection.getEndPoint(), FIRST);
        }
    }

    @Override
    public void onClosed(Connection connection) {
        leave(connection.getEndPoint());
        pours(connection.getEndPoint());
    }

    /** It has brought a whole head; until that is answered it waits for us, and not for ever. */
    void asks(Request request) {
        EndPoint line = request.getConnectionMetaData().getConnection().getEndPoint();
        leave(line);
        Scheduler.Task end = scheduler.schedule(line::close, ANSWER.toMillis(), TimeUnit.MILLISECONDS);
        Optional.ofNullable(answering.put(line, end)).ifPresent(Scheduler.Task::cancel);
        Request.addCompletionListener(request, _ -> {
            end.cancel();
            answering.remove(line, end);
            if (line.isOpen()) {
                waits(line, NEXT);
            }
        });
    }

    /** Its answer goes on for as long as somebody looks; how many of those there are is counted where they begin. */
    void pours(Request request) {
        pours(request.getConnectionMetaData().getConnection().getEndPoint());
    }

    private void pours(EndPoint line) {
        Optional.ofNullable(answering.remove(line)).ifPresent(Scheduler.Task::cancel);
    }

    /** Whoever sends a form letter by letter is cut off, unless what this returns is cancelled in time. */
    Scheduler.Task brings(Request request) {
        EndPoint line = request.getConnectionMetaData().getConnection().getEndPoint();
        return scheduler.schedule(line::close, FORM.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void waits(EndPoint line, Duration time) {
        Scheduler.Task end = scheduler.schedule(() -> shut(line), time.toMillis(), TimeUnit.MILLISECONDS);
        oldestBeside(line, end).ifPresent(EndPoint::close);
    }

    private synchronized Optional<EndPoint> oldestBeside(EndPoint line, Scheduler.Task end) {
        Optional.ofNullable(waiting.put(line, end)).ifPresent(Scheduler.Task::cancel);
        if (waiting.size() <= MAX_WAITING) {
            return Optional.empty();
        }
        Iterator<Map.Entry<EndPoint, Scheduler.Task>> all = waiting.entrySet().iterator();
        Map.Entry<EndPoint, Scheduler.Task> oldest = all.next();
        EndPoint gone = oldest.getKey();
        oldest.getValue().cancel();
        all.remove();
        return Optional.of(gone);
    }

    private void shut(EndPoint line) {
        if (leave(line)) {
            line.close();
        }
    }

    /** Whether it was waiting. */
    private synchronized boolean leave(EndPoint line) {
        Optional<Scheduler.Task> end = Optional.ofNullable(waiting.remove(line));
        end.ifPresent(Scheduler.Task::cancel);
        return end.isPresent();
    }
}
