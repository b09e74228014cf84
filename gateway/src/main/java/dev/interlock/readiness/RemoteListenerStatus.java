package dev.interlock.readiness;

import dev.interlock.adminapi.StatusQuestion;
import dev.interlock.identity.RemoteMachine;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** The listener for remote machines: its names, where it listens unless it is shut, its certificate's end. */
public record RemoteListenerStatus(
        List<String> names,
        Supplier<Optional<InetSocketAddress>> address,
        Supplier<Instant> end,
        Supplier<List<RemoteMachine>> machines) {

    public RemoteListenerStatus {
        names = List.copyOf(names);
    }

    StatusQuestion.RemoteStatus now() {
        List<RemoteMachine> all = machines.get();
        return new StatusQuestion.RemoteStatus(
                address.get()
                        .map(open -> open.getHostString() + ":" + open.getPort())
                        .orElse("SHUT"),
                List.copyOf(names),
                end.get().toString(),
                all.size(),
                all.stream()
                        .map(RemoteMachine::expires)
                        .min(Comparator.naturalOrder())
                        .map(Instant::toString));
    }
}
