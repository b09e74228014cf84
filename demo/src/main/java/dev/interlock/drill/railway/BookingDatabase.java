package dev.interlock.drill.railway;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.LocalDate;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/** A database with the same bookings in every run. */
final class BookingDatabase {

    private static final List<String> CARS = List.of("Fiat 500", "VW Golf", "Volvo V60", "Renault Zoe", "Ford Transit");

    private BookingDatabase() {}

    static void write(Path file, int count) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file)) {
            try (Statement statement = connection.createStatement()) {
                statement.execute("PRAGMA synchronous = OFF"); // these bookings need not survive a power cut
            }
            connection.setAutoCommit(false);
            try (Statement statement = connection.createStatement()) {
                statement.executeUpdate("CREATE TABLE booking (id INTEGER PRIMARY KEY, customer TEXT NOT NULL,"
                        + " car TEXT NOT NULL, day TEXT NOT NULL, cents INTEGER NOT NULL)");
            }
            insert(connection, count);
            connection.commit();
        }
    }

    private static void insert(Connection connection, int count) throws SQLException {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(20260424);
        LocalDate first = LocalDate.of(2026, 4, 24);
        try (PreparedStatement row = connection.prepareStatement("INSERT INTO booking VALUES (?, ?, ?, ?, ?)")) {
            for (int i = 1; i <= count; i++) {
                row.setInt(1, i);
                row.setString(2, "customer-" + random.nextInt(10_000));
                row.setString(3, CARS.get(random.nextInt(CARS.size())));
                row.setString(4, first.plusDays(random.nextInt(60)).toString());
                row.setInt(5, 2_500 + random.nextInt(40_000));
                row.addBatch();
            }
            row.executeBatch();
        }
    }
}
