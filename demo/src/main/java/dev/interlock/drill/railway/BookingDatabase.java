package dev.interlock.drill.railway;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;

/** A database with the same bookings in every run. */
final class BookingDatabase {

    private BookingDatabase() {}

    static void write(Path file, int count) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
                Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA synchronous = OFF"); // these bookings need not survive a power cut
            statement.execute(
                    "CREATE TABLE booking (id INTEGER PRIMARY KEY, customer TEXT NOT NULL, car TEXT NOT NULL, day TEXT NOT NULL, cents INTEGER NOT NULL)");
            statement.execute("""
                    WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < %d)
                    INSERT INTO booking SELECT n, 'customer-' || (n * 7919 %% 10000),
                    CASE n %% 3 WHEN 0 THEN 'VW Golf' WHEN 1 THEN 'Volvo V60' ELSE 'Renault Zoe' END,
                    date('2026-04-24', '+' || (n * 37 %% 60) || ' days'), 2500 + n * 7919 %% 40000 FROM numbers
                    """.formatted(count));
        }
    }
}
