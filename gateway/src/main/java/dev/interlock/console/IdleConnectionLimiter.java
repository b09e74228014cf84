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
 * Limits idle and slow connections, so that they keep nobody out. An idle connection sends an unfinished head, or is
 * kept open for later. As soon as there are many, the one that has waited longest is closed; each is closed after a
 * while in any case. Single bytes do not renew a connection; only a whole request does. A client that reads slowly is
 * limited too: each answer has a time limit, after which the connection is cut off.
 *
 * <p>Threading: any.
 */
final class IdleConnectionLimiter implements Connection.Listener {

    /** Limits idle connections to half of all; the other half is for requests that are being answered. */
    static final int MAX_WAITING = Console.MAX_CONNECTIONS / 2;
    /** Limits the wait for the first head. A browser sends it at once; a slow network takes a second. */
    static final Duration FIRST = Duration.ofSeconds(10);
    /** Limits the wait for the next request. Browsers keep connections about as long for reuse. */
    static final Duration NEXT = Duration.ofSeconds(45);
    /** Limits the time of a form, from its head to its last byte. */
    static final Duration FORM = Duration.ofSeconds(10);
    /** Limits a request and its answer. A provider takes seconds; a bad line a minute. */
    static final Duration ANSWER = Duration.ofSeconds(90);

    private final Scheduler scheduler;
    private final Map<EndPoint, Scheduler.Task> answering = new ConcurrentHashMap<>();
    // The idle connections, in the order in which they began to wait. Guarded by this.
    private final Map<EndPoint, Scheduler.Task> waiting = new LinkedHashMap<>();

    IdleConnectionLimiter(Scheduler scheduler) {
        this.scheduler = scheduler;
    }

    @Override
    public void onOpened(Connection connection) {
        if (!(connection instanceof SslConnection)) { // the connection that it carries is counted instead
            waits(connection.getEndPoint(), FIRST);
        }
    }

    @Override
    public void onClosed(Connection connection) {
        leave(connection.getEndPoint());
        cancelAnswerLimit(connection.getEndPoint());
    }

    /** Notes that a whole head has arrived. From now on the client waits for the answer, up to {@link #ANSWER}. */
    void requestBegun(Request request) {
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

    /** Notes that the answer is a stream, which lasts as long as somebody watches, and is counted where it begins. */
    void streamBegun(Request request) {
        cancelAnswerLimit(request.getConnectionMetaData().getConnection().getEndPoint());
    }

    private void cancelAnswerLimit(EndPoint line) {
        Optional.ofNullable(answering.remove(line)).ifPresent(Scheduler.Task::cancel);
    }

    /** Cuts off a client that sends its form too slowly, unless the returned task is cancelled in time. */
    Scheduler.Task formBegun(Request request) {
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

    private synchronized boolean leave(EndPoint line) {
        Optional<Scheduler.Task> end = Optional.ofNullable(waiting.remove(line));
        end.ifPresent(Scheduler.Task::cancel);
        return end.isPresent();
    }
}
