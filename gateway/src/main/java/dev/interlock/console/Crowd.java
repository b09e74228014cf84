package dev.interlock.console;

import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.ssl.SslConnection;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.util.thread.Scheduler;

/**
 * Who is connected and asks for nothing: heads that never end, and lines that are kept for later. They are the first to
 * go, so that they keep nobody out: as soon as there are many the one that has waited for longest is closed, and each
 * after a while. A trickle of bytes makes nothing of it younger; only a whole request does.
 *
 * <p>Threading: any.
 */
final class Crowd implements Connection.Listener {

    /** Half of all that may be connected; the other half is for those who are being answered. */
    static final int MAX_WAITING = Console.MAX_CONNECTIONS / 2;

    /** A browser sends its head at once; a slow network takes a second. */
    private static final Duration FIRST = Duration.ofSeconds(10);

    /** As long as browsers keep a line that they may use again soon. */
    private static final Duration NEXT = Duration.ofSeconds(45);

    /** Of a form, from its head to its last letter. */
    private static final Duration FORM = Duration.ofSeconds(10);

    private final Scheduler scheduler;

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
    }

    /** It has brought a whole head; until that is answered it waits for us. */
    void asks(Request request) {
        EndPoint line = request.getConnectionMetaData().getConnection().getEndPoint();
        leave(line);
        Request.addCompletionListener(request, _ -> {
            if (line.isOpen()) {
                waits(line, NEXT);
            }
        });
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
