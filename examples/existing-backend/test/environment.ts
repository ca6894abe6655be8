process.env.DATABASE = ':memory:';
process.env.JWT_SECRET = 'secret of the tests';
process.env.STAFF_PASSWORD = 'staff';
process.env.PUBLIC_URL = 'http://127.0.0.1:3000/api';
