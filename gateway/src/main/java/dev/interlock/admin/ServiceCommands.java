package dev.interlock.admin;

import dev.interlock.action.Lease;
import dev.interlock.action.LocalService;
import dev.interlock.adminapi.LeaseQuestion;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import dev.interlock.ledger.LedgerUnavailableException;
import java.util.List;

/**
 * The commands about connections of agents to local services. A run asks before it makes each connection, and reports
 * its end. Agents cause these receipts, so they do not use the disk space that is reserved for people's acts.
 */
public final class ServiceCommands implements CommandGroup {

    private final LeaseCommands leases;
    private final SessionCommands sessions;
    private final AdminReceipts acts;

    public ServiceCommands(LeaseCommands leases, SessionCommands sessions, Administration.Recorder recorder) {
        this.leases = leases;
        this.sessions = sessions;
        this.acts = new AdminReceipts(recorder);
    }

    @Override
    public List<Command<?>> commands() {
        return List.of(
                Command.of(LeaseQuestion.OpenService.class, this::open),
                Command.of(LeaseQuestion.CheckService.class, this::check),
                Command.of(LeaseQuestion.CloseService.class, this::close));
    }

    private LeaseQuestion.OpenedService open(AdminRequest<LeaseQuestion.OpenService> request)
            throws AdminRefusedException, LedgerUnavailableException {
        LocalService service = request.question().service();
        String id = request.question().lease();
        requireOwn(request.peer(), id);
        Json.Members told = told(id, service);
        try {
            Lease lease = leases.requireWorking(request.seal(), id);
            leases.services().require(request.seal(), service);
            return new LeaseQuestion.OpenedService(entry(request).record(told.with("agent", lease.agent())));
        } catch (AdminRefusedException e) {
            entry(request).record(told.with("result", "refused").with("reason", String.valueOf(e.getMessage())));
            throw e;
        }
    }

    /** Its receipt is the connection's end. */
    private LeaseQuestion.PermittedService check(AdminRequest<LeaseQuestion.CheckService> request)
            throws AdminRefusedException {
        String id = request.question().lease();
        requireOwn(request.peer(), id);
        leases.requireWorking(request.seal(), id);
        leases.services().require(request.seal(), request.question().service());
        return new LeaseQuestion.PermittedService(id);
    }

    /** The lease may have ended before its connections did. */
    private LeaseQuestion.ClosedService close(AdminRequest<LeaseQuestion.CloseService> request)
            throws AdminRefusedException, LedgerUnavailableException {
        LeaseQuestion.ClosedConnection closed = request.question().connection();
        requireOwn(request.peer(), closed.lease());
        return new LeaseQuestion.ClosedService(entry(request)
                .record(told(closed.lease(), closed.service())
                        .with("opened", closed.opened())
                        .with("reached", closed.reached())
                        .with("bytes_sent", closed.bytesSent())
                        .with("bytes_received", closed.bytesReceived())));
    }

    private static Json.Members told(String lease, LocalService service) {
        return Json.object()
                .with("lease", lease)
                .with("service", service.service())
                .with("port", service.port());
    }

    private ReceiptEntry entry(AdminRequest<?> request) {
        return acts.withoutReserve(request.peer(), request.command());
    }

    private void requireOwn(Peer peer, String lease) throws AdminRefusedException {
        if (!sessions.isOf(lease, peer.user())) {
            throw RunCommands.none(lease);
        }
    }
}
