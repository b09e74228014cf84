package dev.interlock.front.http;

import io.netty.channel.ChannelHandlerContext;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A deadline on one event loop. A new one replaces the old. */
final class Deadline {

    private @Nullable ScheduledFuture<?> deadline;

    void await(ChannelHandlerContext context, Duration limit, Runnable then) {
        end();
        deadline = context.executor().schedule(then, limit.toNanos(), TimeUnit.NANOSECONDS);
    }

    void end() {
        if (deadline != null) {
            deadline.cancel(false);
            deadline = null;
        }
    }
}
