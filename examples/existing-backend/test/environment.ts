process.env.DATABASE = ':memory:';
process.env.JWT_SECRET = 'secret of the tests';
process.env.STAFF_PASSWORD = 'staff';
