package dev.interlock.console;

import static dev.interlock.console.Route.Access.ANYBODY;
import static dev.interlock.console.Route.Access.SIGNED_IN;
import static dev.interlock.console.Route.AnswerForm.DATA;
import static dev.interlock.console.Route.AnswerForm.PAGE;

import dev.interlock.admin.CommandRunner;
import java.time.InstantSource;
import java.util.List;

/** The list of all routes of the console. */
final class Routes {

    private final CommandRunner commands;
    private final List<Route> all;

    Routes(CommandRunner commands, Sessions sessions, InstantSource clock) {
        this.commands = commands;
        SignInPages signIn = new SignInPages(sessions);
        LivePages live = new LivePages();
        HoldPages holds = new HoldPages(clock);
        ReceiptPages receipts = new ReceiptPages();
        AgentPages agents = new AgentPages(clock);
        ReadOnlyPages others = new ReadOnlyPages(clock);
        KeyPages keys = new KeyPages(clock);
        BackupPages backups = new BackupPages();
        this.all = List.of(
                new Route("GET", "/assets/*", ANYBODY, PAGE, request -> new ConsoleAnswer.Asset(request.id())),
                // Not below /assets: a worker is for the pages below its own path.
                new Route("GET", "/worker.js", ANYBODY, PAGE, _ -> new ConsoleAnswer.Asset("worker.js")),
                new Route("GET", "/signin", ANYBODY, PAGE, signIn::page),
                new Route("POST", "/signin", ANYBODY, DATA, signIn::code),
                new Route("POST", "/signin/options", ANYBODY, DATA, signIn::options),
                new Route("POST", "/signin/passkey", ANYBODY, DATA, signIn::passkey),
                new Route("POST", "/signin/invitation", ANYBODY, DATA, signIn::invited),
                new Route("POST", "/signin/invitation/finish", ANYBODY, DATA, signIn::enrolled),
                new Route("POST", "/signin/elsewhere", ANYBODY, DATA, signIn::elsewhere),
                new Route("GET", "/signin/returned", ANYBODY, PAGE, signIn::returned),
                new Route("POST", "/signout", SIGNED_IN, PAGE, signIn::out),
                new Route("GET", "/", SIGNED_IN, PAGE, _ -> ConsoleAnswer.to("/live")),
                new Route("GET", "/live", SIGNED_IN, PAGE, live::page),
                new Route("GET", "/live/events", SIGNED_IN, DATA, live::events),
                new Route("GET", "/holds", SIGNED_IN, PAGE, holds::list),
                new Route("GET", "/holds/*", SIGNED_IN, PAGE, holds::show),
                new Route("POST", "/holds/*/deny", SIGNED_IN, PAGE, holds::deny),
                new Route("POST", "/grants/*/revoke", SIGNED_IN, PAGE, holds::revoke),
                new Route("POST", "/holds/*/narrow", SIGNED_IN, PAGE, holds::narrow),
                new Route("POST", "/holds/*/options", SIGNED_IN, DATA, holds::options),
                new Route("POST", "/holds/*/sign", SIGNED_IN, DATA, holds::sign),
                new Route("GET", "/receipts", SIGNED_IN, PAGE, receipts::list),
                new Route("GET", "/receipts.csv", SIGNED_IN, PAGE, receipts::csv),
                new Route("GET", "/receipts.jsonl", SIGNED_IN, PAGE, receipts::jsonLines),
                new Route("GET", "/receipts/*", SIGNED_IN, PAGE, receipts::show),
                new Route("GET", "/receipts/*/proof", SIGNED_IN, DATA, receipts::proof),
                new Route("GET", "/agents", SIGNED_IN, PAGE, agents::page),
                new Route("POST", "/kill", SIGNED_IN, PAGE, agents::kill),
                new Route("POST", "/leases/*/end", SIGNED_IN, PAGE, agents::end),
                new Route("GET", "/kills/*", SIGNED_IN, PAGE, agents::lift),
                new Route("POST", "/kills/*/options", SIGNED_IN, DATA, agents::liftOptions),
                new Route("POST", "/kills/*/sign", SIGNED_IN, DATA, agents::lifted),
                new Route("GET", "/freezes/*", SIGNED_IN, PAGE, agents::thaw),
                new Route("POST", "/freezes/*/options", SIGNED_IN, DATA, agents::thawOptions),
                new Route("POST", "/freezes/*/sign", SIGNED_IN, DATA, agents::thawed),
                new Route("GET", "/inventory", SIGNED_IN, PAGE, others::inventory),
                new Route("GET", "/backups", SIGNED_IN, PAGE, backups::page),
                new Route("POST", "/backups/*/options", SIGNED_IN, DATA, backups::options),
                new Route("POST", "/backups/*/sign", SIGNED_IN, DATA, backups::sign),
                new Route("GET", "/policy", SIGNED_IN, PAGE, others::policy),
                new Route("GET", "/policy/*", SIGNED_IN, PAGE, others::policy),
                new Route("GET", "/drills", SIGNED_IN, PAGE, others::drills),
                new Route("GET", "/status", SIGNED_IN, PAGE, others::status),
                new Route("GET", "/unrecorded", SIGNED_IN, PAGE, others::unrecorded),
                new Route("GET", "/keys", SIGNED_IN, PAGE, keys::page),
                new Route("POST", "/keys/begin", SIGNED_IN, DATA, keys::begin),
                new Route("POST", "/keys/finish", SIGNED_IN, DATA, keys::finish),
                new Route("POST", "/keys/*/options", SIGNED_IN, DATA, keys::options),
                new Route("POST", "/keys/*/sign", SIGNED_IN, DATA, keys::endorse),
                new Route("POST", "/keys/*/revoke", SIGNED_IN, PAGE, keys::revoke),
                new Route("POST", "/devices/add", SIGNED_IN, DATA, keys::addDevice),
                new Route("POST", "/devices/*/remove", SIGNED_IN, PAGE, keys::removeDevice));
    }

    List<Route> all() {
        return all;
    }

    CommandRunner commands() {
        return commands;
    }
}
