package dev.interlock.console;

import java.util.List;
import java.util.Optional;

/** The frame around every page; {@code section} is the path of its menu entry, if any. */
record Layout(String title, String section, Optional<Sessions.Session> session) {

    record Entry(String path, String name) {}

    static final List<Entry> MENU = List.of(
            new Entry("/live", "Live"),
            new Entry("/holds", "Holds"),
            new Entry("/receipts", "Receipts"),
            new Entry("/agents", "Agents"),
            new Entry("/inventory", "Inventory"),
            new Entry("/backups", "Backups"),
            new Entry("/policy", "Policy"),
            new Entry("/drills", "Drills"),
            new Entry("/status", "Status"));

    List<Entry> menu() {
        return session.isPresent() ? MENU : List.of();
    }

    boolean isHere(Entry entry) {
        return entry.path().equals(section);
    }

    String csrf() {
        return session.map(Sessions.Session::csrf).orElse("");
    }

    String who() {
        return session.map(one -> DisplayText.text(one.peer().user())).orElse("");
    }

    boolean maySign() {
        return session.filter(one -> one.peer().person().isPresent()).isPresent();
    }
}
